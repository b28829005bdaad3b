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
/** Attempts to replace the timestamp while another publisher replaces it too. */
export const COMMIT_ATTEMPTS = 5
/** Versions of a file tried when others, of publishes that were cut short, lie in its place. */
export const VERSIONS_TRIED_MAX = 64
/** Versions of root that an origin is read for; a client follows as many in one refresh. */
export const ROOTS_MAX = 256
/** Keys of one role. */
export const ROLE_KEYS_MAX = 16

/** What deriving a key from a passphrase costs: 16 MiB and about 0.2 s. */
export const SCRYPT = { N: 2 ** 14, r: 8, p: 5 } as const
/** An external signer answers within this, and with so much; a person may have to touch a token. */
export const SIGNER_TIMEOUT_MS = 60_000
export const SIGNER_OUTPUT_BYTES_MAX = 4 * KiB

/** Until when what a role signs is valid, in days, unless the repository's settings say otherwise. */
export const LIFE_DAYS = { root: 365, targets: 365, release: 90, snapshot: 7, timestamp: 2 } as const
export const LIFE_DAYS_MAX = 3650
/** A role that nobody here can sign is warned about this long before it expires. */
export const NEGLECT_DAYS = 30
/** `serve --repo` looks after the timestamp this often at most, and at least. */
export const FRESHEN_MS_MIN = 10_000
export const FRESHEN_MS_MAX = 60 * 60 * 1000
/** Waiting for another process to finish replacing a file in a directory origin. */
export const REPLACE_LOCK_WAIT_MS = 10_000
/** `serve --repo` holds a repository for moments; a publish for as long as it takes. */
export const REPOSITORY_LOCK_WAIT_MS = 2_000
export const LOCK_POLL_MS = 20
/** Leftovers in a directory origin of unknown owner are removed after this time. */
export const LEFTOVER_AGE_MS = 24 * 60 * 60 * 1000

/** The settings of a repository, and a file with a key or a passphrase, each. */
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
