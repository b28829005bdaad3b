// The part of `send` that is used here.
declare module 'send' {
  import type { Stats } from 'node:fs'
  import type { IncomingMessage, ServerResponse } from 'node:http'

  interface SendStream {
    on(event: 'file', listener: (file: string, found: Stats) => void): this
    on(event: 'directory', listener: () => void): this
    on(event: 'error', listener: (error: Error & { status?: number }) => void): this
    pipe(response: ServerResponse): ServerResponse
  }

  interface SendOptions {
    root: string
    index: false
    cacheControl: boolean
    /** Passed on to fs.createReadStream. */
    highWaterMark: number
  }

  export default function send(request: IncomingMessage, path: string, options: SendOptions): SendStream
}
