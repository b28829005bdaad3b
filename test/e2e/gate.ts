import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Gate extends AsyncDisposable {
  /** The multiaddr or URL of the one behind it, as it is seen from this side. */
  readonly address: string
  /** From now on, and for whoever waits already, connections go through. */
  open(): void
}

const PORT = /(?<=\/tcp\/|127\.0\.0\.1:)\d+/

/** A way to a peer or an origin that takes connections at once, and lets nothing through until it is opened: one that comes late. */
export async function startGate(address: string): Promise<Gate> {
  const port = Number(PORT.exec(address)?.[0])
  const opened = Promise.withResolvers<undefined>()
  const sockets = new Set<Socket>()
  const server = createServer((inner) => {
    keep(inner)
    void opened.promise.then(() => {
      const outer = keep(connect(port, '127.0.0.1'))
      inner.pipe(outer).pipe(inner)
    })
  })

  function keep(socket: Socket): Socket {
    sockets.add(socket)
    // What breaks on one side ends the other; whoever was connected notices that by itself.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    return socket
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: address.replace(PORT, `${(server.address() as AddressInfo).port}`),
    open: () => opened.resolve(undefined),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
