/** Files of a repository, relative to its folder. */
export const ROOT_FILE = 'root.json'
export const SETTINGS_FILE = 'repository.json'
export const KEYS_FOLDER = 'keys'
export const METADATA_FOLDER = 'metadata'
export const PENDING_FOLDER = 'pending'
export const LEDGER_FILE = 'releases.jsonl'
export const JOURNAL_FOLDER = 'publishing'
export const LOCK_FILE = 'lock'
