// Every bound of the formats. docs/formats.md carries the same table, and a test holds the two together.

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

/** Names of products, channels, platforms and versions, in characters. */
export const NAME_CHARACTERS_MAX = 64

/** A path or symlink target inside a release, in bytes of UTF-8. */
export const PATH_BYTES_MAX = 1024
/** One segment of a path: what common file systems take. */
export const SEGMENT_BYTES_MAX = 255
export const PATH_DEPTH_MAX = 64

export const CHUNK_BYTES_MIN = 1 * KiB
export const CHUNK_BYTES_MAX = 1 * MiB
/** Above this a new product starts with four times larger chunks. */
export const LARGE_RELEASE_BYTES = 16 * GiB

export const BLOCK_BYTES_MAX = 2 * MiB
/** Items of a list, in encoded bytes: a list ends before the item that would exceed it. */
export const LIST_BYTES_MAX = 1 * MiB
/** A content boundary counts only from this many items on, so that repeated items cannot make lists of one. */
export const LIST_ITEMS_MIN = 256
export const LIST_ITEMS_MAX = 4096
/** Low zero bits of an item's digest that end a list. */
export const LIST_BOUNDARY_BITS = 10
/** A file of more chunks links chunk-list blocks. */
export const INLINE_CHUNKS_MAX = 64

export const ENTRIES_MAX = 1_048_576
/** Chunk references in file order, repeats included. */
export const CHUNKS_MAX = 4_194_304
/** Links to entry-list blocks in a root. */
export const ENTRY_LISTS_MAX = 16_384
/** All entry-list blocks of a release together. */
export const ENTRY_LIST_BYTES_MAX = 256 * MiB
/** Links to chunk-list blocks in one file. */
export const CHUNK_LISTS_MAX = 16_384
export const RELEASE_BYTES_MAX = 512 * GiB

/** A span ends with the chunk that brings it to this size … */
export const SPAN_BYTES = 1 * MiB
/** … or to this many chunks. */
export const SPAN_CHUNKS_MAX = 256

export const PACK_BYTES_MAX = 64 * MiB
export const PACKS_MAX = 65_536
/** A zstd frame is at most the chunk + chunk / 256 + this. */
export const FRAME_OVERHEAD_BYTES = 128

/** Files of metadata, by kind; every release role is of kind targets. */
export const ROOT_BYTES_MAX = 64 * KiB
export const TIMESTAMP_BYTES_MAX = 16 * KiB
export const SNAPSHOT_BYTES_MAX = 256 * KiB
export const TARGETS_BYTES_MAX = 512 * KiB
export const METADATA_DEPTH_MAX = 16
/** Roles that a snapshot names, or that targets delegate to; and keys of one delegator. */
export const ROLES_MAX = 1_000
/** A pattern of paths that a role is delegated. */
export const PATTERN_CHARACTERS_MAX = 1_024
/** Releases that a channel offers at a time. */
export const RELEASES_PER_ROLE_MAX = 1_000
/** Root versions that one refresh goes through. */
export const ROOT_ROTATIONS_MAX = 256
/** Roles that one search for a target visits. */
export const ROLES_VISITED_MAX = 32
/** Timestamps of different versions that a refresh tries, the highest first. */
export const TIMESTAMPS_TRIED_MAX = 4
export const ENROLMENT_KEYS_MAX = 8

/** One credential, and how long it may be valid. */
export const CREDENTIAL_BYTES_MAX = 1 * KiB
export const CREDENTIAL_LIFE_SECONDS_MAX = 366 * 86_400
/** Members that are out before their credentials expire. */
export const REVOCATIONS_MAX = 4_096
export const REVOCATIONS_BYTES_MAX = 256 * KiB
/** By so much may clocks of members differ. */
export const CLOCK_TOLERANCE_SECONDS = 300

/** A signed policy, and what it holds. */
export const POLICY_BYTES_MAX = 256 * KiB
export const POLICY_CHANNELS_MAX = 1_000
/** Versions of a channel that must not be skipped, and versions that nobody should have. */
export const STEPS_MAX = 32
export const WITHDRAWN_MAX = 32
export const RINGS_MAX = 16
/** Devices, groups, sites, or values of a label, that one ring matches. */
export const MATCH_VALUES_MAX = 256
/** Labels of a device, or that a ring matches. */
export const LABELS_MAX = 16
export const INSTALL_WINDOWS_MAX = 16
/** Of the spread, the soak and the timeout of a rollout. */
export const ROLLOUT_SECONDS_MAX = 90 * 86_400
/** One signed report: whatever the lengths of its parts, all of them fit. */
export const REPORT_BYTES_MAX = 8 * KiB
/** Sites that a report names as sources. */
export const FLOWS_MAX = 16
/** What a doctor found, in a report. */
export const CHECKS_MAX = 16
export const CHECK_NAME_CHARACTERS_MAX = 24
export const CHECK_TEXT_BYTES_MAX = 240
