const KiB = 1024
const MiB = 1024 * KiB

/** Threads that chunk and compress: one a core, up to this many. */
export const WORKERS_MAX = 16
/** Heap of one worker; what it handles lies outside the heap, in the buffers below. */
export const WORKER_HEAP_MIB = 64
/** Uncompressed bytes after which a worker that compresses collects its garbage. */
export const COLLECT_EVERY_BYTES = 8 * MiB
/** A worker reads files through one buffer of this size. */
export const READ_BUFFER_BYTES = 2 * MiB
/** Small files are handed to a worker together, up to these bounds. */
export const SCAN_BATCH_BYTES = 8 * MiB
export const SCAN_BATCH_FILES = 256
/** A worker tells of its progress in a file this often. */
export const SCAN_PROGRESS_BYTES = 64 * MiB
/** Chunks that one task compresses, together at most this much uncompressed, and so many … */
export const COMPRESS_TASK_BYTES = 1 * MiB
export const COMPRESS_TASK_CHUNKS = 256
/** … and tasks in flight for each worker: one at work, one waiting. */
export const COMPRESS_TASKS_PER_WORKER = 2
/** lstat calls in flight while walking a tree. */
export const WALK_CONCURRENCY = 64
/** Objects in flight to or from the origin, packs apart. */
export const ORIGIN_CONCURRENCY = 8

/** The largest pack index that is read back: 12 bytes for each of 4 Mi chunks, and the packs. */
export const INDEX_BYTES_MAX = 64 * MiB
/** Releases of a product whose packs are searched for chunks that a new one can reuse. */
export const REUSE_RELEASES_MAX = 8
/** Chunks fetched back after an upload. */
export const VERIFY_CHUNKS = 64
/** Entries named when a version is published again with other content. */
export const DIFFERENCES_SHOWN = 5
/** Attempts to move a channel to the new release while another publisher moves it too. */
export const ANNOUNCE_ATTEMPTS = 5
/** Waiting for another process to finish replacing a file in a directory origin. */
export const REPLACE_LOCK_WAIT_MS = 10_000
export const REPLACE_LOCK_POLL_MS = 20
/** Leftovers in a directory origin of unknown owner are removed after this time. */
export const LEFTOVER_AGE_MS = 24 * 60 * 60 * 1000

/** root.json, the key and the settings of a repository, each. */
export const REPOSITORY_FILE_BYTES_MAX = 64 * KiB
export const LEDGER_BYTES_MAX = 64 * MiB
export const JOURNAL_BYTES_MAX = 256 * MiB

/** Of the origin server. */
export const SERVE_CONNECTIONS_MAX = 4096
export const SERVE_HEADER_BYTES_MAX = 16 * KiB
export const SERVE_HEADERS_TIMEOUT_MS = 10_000
export const SERVE_REQUEST_TIMEOUT_MS = 30_000
/** A connection that neither reads nor writes is closed after this. */
export const SERVE_IDLE_TIMEOUT_MS = 60_000
export const SERVE_KEEP_ALIVE_MS = 30_000
/** Running responses may finish within this when the server stops. */
export const SERVE_CLOSE_TIMEOUT_MS = 10_000
export const SERVE_READ_BYTES = 512 * KiB
