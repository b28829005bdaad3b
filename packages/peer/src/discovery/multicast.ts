// Sends to the mDNS group on every interface. A socket that names none uses the one of the default route: without such a
// route nothing is sent at all, and with a VPN it goes there instead of to the LAN.
import { createSocket, type Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import { LIMITS } from '../limits.ts'

export interface Multicast extends Disposable {
  /** Returns what failed, if no interface took the packet. */
  send(packet: Uint8Array): Promise<Error | undefined>
}

const GROUP = '224.0.0.251'
const PORT = 5353

export function createMulticast(interfaces: () => string[] = lanAddresses): Multicast {
  const sockets = new Map<string, Promise<Socket>>()

  const sendOn = async (address: string, packet: Uint8Array): Promise<void> => {
    const opening = sockets.get(address) ?? openSocket(address)
    sockets.set(address, opening)
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const socket = await opening
    socket.send(packet, PORT, GROUP, (error) => (error === null ? resolve(undefined) : reject(error)))
    await promise
  }
  const drop = (address: string): void => {
    const opening = sockets.get(address)
    sockets.delete(address)
    // A socket that never opened has closed itself.
    opening?.then((socket) => socket.close()).catch(() => undefined)
  }

  return {
    async send(packet) {
      const addresses = interfaces().slice(0, LIMITS.discovery.mdnsInterfacesMax)
      for (const address of sockets.keys()) if (!addresses.includes(address)) drop(address)
      const results = await Promise.allSettled(addresses.map((address) => sendOn(address, packet)))
      results.forEach((result, i) => {
        if (result.status === 'rejected') drop(addresses[i] ?? '')
      })
      if (results.some(({ status }) => status === 'fulfilled')) return undefined
      const [failed] = results
      return failed?.status === 'rejected' ? (failed.reason as Error) : new Error('there is no network interface')
    },
    [Symbol.dispose]() {
      for (const address of sockets.keys()) drop(address)
    },
  }
}

/** One IPv4 address of every interface; loopback only where there is nothing else. */
export function lanAddresses(all = networkInterfaces()): string[] {
  const first = Object.values(all).flatMap((list) => list?.find(({ family }) => family === 'IPv4') ?? [])
  const external = first.filter(({ internal }) => !internal)
  return (external.length > 0 ? external : first).map(({ address }) => address)
}

async function openSocket(address: string): Promise<Socket> {
  const socket = createSocket('udp4')
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  socket.once('error', reject)
  socket.bind(0, address, () => {
    try {
      socket.setMulticastInterface(address)
      socket.setMulticastTTL(255)
      socket.off('error', reject)
      // Later errors come to the callback of `send`; an interface that goes away closes nothing.
      socket.on('error', () => undefined)
      socket.unref()
      resolve(socket)
    } catch (error) {
      reject(error)
    }
  })
  try {
    return await promise
  } catch (error) {
    socket.close()
    throw error
  }
}
