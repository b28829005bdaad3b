import type { Explanation } from './error.ts'
import { EXIT } from './exit.ts'

/** Explains the operating system's errors that people meet, so that none of them reads like a bug. */
export function explainSystemError(error: unknown): Explanation | undefined {
  if (!isSystemError(error)) return undefined
  const subject = error.path ?? addressOf(error) ?? error.syscall ?? 'the operation'
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return failure('DISK_FULL', `no space left while writing ${subject}`, 'free some space, then run the same again')
    case 'EROFS':
      return failure('READ_ONLY', `${subject} is on a read-only file system`, 'choose a folder that can be written')
    case 'EACCES':
    case 'EPERM':
      return failure(
        'PERMISSION_DENIED',
        `no permission for ${subject}`,
        'check its owner and mode, or run as its owner',
      )
    case 'ENOENT':
      return { ...failure('NOT_FOUND', `${subject} does not exist`, 'check the path'), exit: EXIT.notFound }
    case 'ENOTDIR':
      return failure('NOT_A_FOLDER', `${subject} is not a folder`, 'check the path')
    case 'EADDRINUSE':
      return failure('PORT_IN_USE', `${subject} is already in use`, 'stop the other program, or listen on another port')
    case 'EADDRNOTAVAIL':
      return failure('ADDRESS_UNAVAILABLE', `${subject} is no address of this machine`, 'listen on one that is')
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return { ...failure('HOST_UNKNOWN', `${subject}: name not resolved`, 'check the host name'), exit: EXIT.notFound }
    case 'EMFILE':
    case 'ENFILE':
      return failure(
        'TOO_MANY_FILES',
        'the limit of open files is reached',
        "raise it, for instance with 'ulimit -n 4096'",
      )
    default:
      return undefined
  }
}

interface SystemError extends Error {
  code: string
  path?: string
  syscall?: string
  address?: string
  port?: number
  hostname?: string
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}

function addressOf(error: SystemError): string | undefined {
  if (error.address !== undefined) return error.port === undefined ? error.address : `${error.address}:${error.port}`
  return error.hostname
}

function failure(code: string, message: string, fix: string): Explanation {
  return { code, exit: EXIT.failure, message, fix }
}
