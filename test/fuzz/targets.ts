/** Every decoder that reads bytes from a remote. */
import type { Target } from './target.ts'
import { FRAME_TARGETS } from './targets/frames.ts'
import { LINK_TARGETS } from './targets/links.ts'
import { MEMBERSHIP_TARGETS } from './targets/membership.ts'
import { METADATA_TARGETS } from './targets/metadata.ts'
import { PEER_TARGETS } from './targets/peers.ts'
import { RELEASE_TARGETS } from './targets/release.ts'

export const TARGETS: readonly Target[] = [
  ...RELEASE_TARGETS,
  ...METADATA_TARGETS,
  ...MEMBERSHIP_TARGETS,
  ...FRAME_TARGETS,
  ...LINK_TARGETS,
  ...PEER_TARGETS,
]
