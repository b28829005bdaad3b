/** A configuration file larger than this is not read. */
export const CONFIG_FILE_BYTES_MAX = 1024 * 1024
/** A secret given by `*_FILE` larger than this is not read. */
export const SECRET_FILE_BYTES_MAX = 64 * 1024
/** Names further apart than this are no suggestion. */
export const SUGGESTION_DISTANCE_MAX = 3
/** Off a terminal, progress prints a line at each of so many steps, or after this time … */
export const PROGRESS_STEPS = 10
export const PROGRESS_LINE_EVERY_MS = 30_000
/** … but not sooner than this after the one before, or after the beginning: what is quick needs no lines. */
export const PROGRESS_LINE_APART_MS = 1000
/** On a terminal, progress redraws at most this often. */
export const PROGRESS_REDRAW_EVERY_MS = 100
/** A terminal and a launcher both deliver one Ctrl-C: signals this close together are one. */
export const SIGNAL_REPEAT_MS = 300
/** Of one text in a log line, of a list or the fields of one object, and of objects in objects. */
export const LOG_STRING_CHARACTERS_MAX = 1000
export const LOG_ITEMS_MAX = 50
export const LOG_DEPTH_MAX = 5
