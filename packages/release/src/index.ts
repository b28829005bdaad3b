export { DEFAULT_CHUNKING, chooseChunking, checkChunking, type Chunking } from './chunking/choose.ts'
export { findCut } from './chunking/cut.ts'
export { chunkStream } from './chunking/stream.ts'
export { blockDigest, blockIdFromDigest, blockIdOf } from './cid.ts'
export { channelTopic, chunkCid, parseBlockId, parseReleaseId, releaseTopic, sha256 } from './cid.ts'
export type { BlockId, ReleaseId } from './cid.ts'
export { ReleaseError } from './error.ts'
export { BLOCK_BYTES_MAX, CHUNK_BYTES_MAX, PACK_BYTES_MAX, PACKS_MAX, SPAN_BYTES, SPAN_CHUNKS_MAX } from './limits.ts'
export { CHUNKS_MAX, NAME_CHARACTERS_MAX, RELEASES_PER_ROLE_MAX } from './limits.ts'
export type { ChunkTable } from './manifest/chunk-table.ts'
export { encodeManifest, type Block, type ManifestInput } from './manifest/encode.ts'
export type { DirectoryEntry, Entry, EntryInput, FileChunks, FileEntry, SymlinkEntry } from './manifest/entry.ts'
export type { Manifest } from './manifest/manifest.ts'
export { checkPath, comparePaths } from './manifest/path.ts'
export { readOutline, type Outline } from './manifest/outline.ts'
export { readManifest, type GetBlock } from './manifest/read.ts'
export type { SpanTable } from './manifest/span.ts'
export { checkTree } from './manifest/tree.ts'
export { verifyBlock } from './manifest/wire.ts'
export { signCredential, verifyCredential, type Credential, type MemberRole } from './membership/credential.ts'
export type { EnrolmentSigner } from './membership/envelope.ts'
export { judgeCredential, type Judgement } from './membership/judge.ts'
export { signRevocations, verifyRevocations, type Revocations, type Revoked } from './membership/revocations.ts'
export { isMemberName, isPeerName } from './membership/fields.ts'
export {
  CLOCK_TOLERANCE_SECONDS,
  CREDENTIAL_BYTES_MAX,
  CREDENTIAL_LIFE_SECONDS_MAX,
  REVOCATIONS_BYTES_MAX,
  REVOCATIONS_MAX,
} from './limits.ts'
export { formatTarget, parseName, parseTarget, parseVersion, type Target } from './names.ts'
export { originPath } from './origin-path.ts'
export { encodePackIndex, frameBytesMax, packIndexBytesMax, parsePackIndex, type PackIndex } from './pack-index.ts'
export { RULES, type ReleaseErrorCode, type Rule } from './rules.ts'
export { createSigner, keyIdOf, metadataKeyIdOf, verifySignature, type Signer } from './key.ts'
export { checkMetadata, METADATA_BYTES_MAX, parseMetadata, type Kind, type MetadataOf } from './tuf/metadata.ts'
export {
  isMetadataFile,
  metadataFile,
  releasePaths,
  releaseRole,
  releaseTargetPath,
  type ExactTarget,
} from './tuf/names.ts'
export {
  isNewerTimestamp,
  refreshMetadata,
  trustRoots,
  type MetadataSources,
  type Refreshed,
  type RefreshOptions,
} from './tuf/refresh.ts'
export { encodeFleet, FLEET_FIELD, parseTrustedRoot, readFleet, type Fleet, type TrustedRoot } from './tuf/root.ts'
export { readReleaseTarget, type ReleaseTarget } from './tuf/target.ts'
export { TrustedSet, type MetadataFiles } from './tuf/trusted-set.ts'
export { signersOf, type RoleSigners } from './tuf/signers.ts'
export { findPlatforms, findRelease, findReleases, findTarget, type FoundRelease } from './tuf/walk.ts'
export type { ChannelPolicy, InstallWindow, Match, Policy, RingPolicy } from './rollout/policy.ts'
export type { RolloutPolicy, RolloutTerms, Withdrawn } from './rollout/policy.ts'
export { parsePolicy, signPolicy } from './rollout/document.ts'
export { parseRollout } from './rollout/terms.ts'
export {
  POLICY_FILE,
  POLICY_ROLE,
  policyKeyIds,
  policyPath,
  stagedChannels,
  verifyPolicy,
} from './rollout/delegation.ts'
export type { StagedChannel, TrustedTargets } from './rollout/delegation.ts'
export { chooseRing, isWhole, matches, placeOf, spreadOfMs, type DeviceFacts } from './rollout/ring.ts'
export { decideTurn, type Circumstances, type OfferedRelease, type StayReason, type Turn } from './rollout/turn.ts'
export { isOpenAt, isWithin, isZone, localTime, nextOpeningMs, type LocalTime } from './rollout/window.ts'
export { deadlineMs } from './rollout/deadline.ts'
export { isLabel, isLabelValue, isRolloutId } from './rollout/fields.ts'
export { createReportVerifier, peerNameOf, signReport, verifyReport } from './rollout/report.ts'
export { CHECK_VERDICTS, type CheckVerdict, type ReportCheck } from './rollout/checks.ts'
export type { ReportFlow } from './rollout/flows.ts'
export { REPORT_SOURCES, REPORT_STATES, type Report, type ReportBytes, type ReportState } from './rollout/report.ts'
export { CHECK_TEXT_BYTES_MAX, CHECKS_MAX, FLOWS_MAX } from './limits.ts'
export { POLICY_BYTES_MAX, POLICY_CHANNELS_MAX, REPORT_BYTES_MAX, RINGS_MAX, ROLLOUT_SECONDS_MAX } from './limits.ts'
export { INSTALL_WINDOWS_MAX, LABELS_MAX, MATCH_VALUES_MAX, STEPS_MAX, WITHDRAWN_MAX } from './limits.ts'
