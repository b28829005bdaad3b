/** nginx as operators put it before an origin: it keeps what it fetched, in slices, so that ranges of a pack are kept as well. */
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Place } from '../constellation/place.ts'

const execute = promisify(execFile)
const NGINX = '/usr/sbin/nginx'
const PORT = 8_080
const COMMAND_TIMEOUT_MS = 10_000

export interface EdgeCache extends AsyncDisposable {
  /** To be given to peers in place of the origin's. */
  readonly url: string
}

/** Why there can be none here; undefined where there can. */
export async function whyNoEdgeCache(): Promise<string | undefined> {
  try {
    const { stderr } = await execute(NGINX, ['-V'], { timeout: COMMAND_TIMEOUT_MS })
    return stderr.includes('http_slice_module') ? undefined : 'nginx was built without its slice module'
  } catch (error) {
    return `${NGINX} cannot be run (${String(error).split('\n', 1).join('')})`
  }
}

/**
 * Listens when it resolves.
 * @param at where nobody else listens at port 8080
 * @param dir for all that it writes; made here
 */
export async function startEdgeCache(at: Place, origin: string, dir: string): Promise<EdgeCache> {
  await mkdir(dir)
  const file = join(dir, 'nginx.conf')
  const base = new URL(origin)
  await writeFile(file, configuration(dir, at.address, base.origin))
  const [command, ...args] = [...at.via, NGINX, '-c', file, '-e', join(dir, 'error.log')]
  // It goes to the background when it listens.
  await execute(command, args, { timeout: COMMAND_TIMEOUT_MS })
  const pid = Number(await readFile(join(dir, 'nginx.pid'), 'utf8'))
  return {
    url: new URL(base.pathname, `http://${at.address}:${PORT}`).href,
    async [Symbol.asyncDispose]() {
      await execute(command, [...args, '-s', 'stop'], { timeout: COMMAND_TIMEOUT_MS })
      // What it holds is in a folder that is removed next.
      await gone(pid)
    },
  }
}

function configuration(dir: string, address: string, origin: string): string {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${dir}/${kind};`,
  )
  return `
user root;
worker_processes 1;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log warn;
events { worker_connections 1024; }
http {
  access_log off;
  ${folders.join('\n  ')}
  proxy_cache_path ${dir}/cache levels=1:2 keys_zone=shoal:8m max_size=8g inactive=7d use_temp_path=off;
  server {
    listen ${address}:${PORT};
    location / {
      proxy_pass ${origin};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      # How long something is kept, the origin says.
      proxy_cache shoal;
      slice 1m;
      proxy_cache_key $uri$slice_range;
      proxy_set_header Range $slice_range;
      # Who asks for what is being fetched waits for it.
      proxy_cache_lock on;
      proxy_cache_lock_timeout 60s;
      proxy_cache_lock_age 60s;
    }
  }
}
`
}

async function gone(pid: number): Promise<void> {
  const deadline = AbortSignal.timeout(COMMAND_TIMEOUT_MS)
  while (isAlive(pid)) {
    deadline.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
