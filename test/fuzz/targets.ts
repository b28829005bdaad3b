/** Every decoder that reads bytes from a remote. */
import type { Target } from './target.ts'
import { FRAME_TARGETS } from './targets/frames.ts'
import { HANDSHAKE_TARGETS } from './targets/handshake.ts'
import { HEADER_TARGETS } from './targets/headers.ts'
import { LINK_TARGETS } from './targets/links.ts'
import { MEMBERSHIP_TARGETS } from './targets/membership.ts'
import { METADATA_TARGETS } from './targets/metadata.ts'
import { MQTT_TARGETS } from './targets/mqtt.ts'
import { NEWS_TARGETS } from './targets/news.ts'
import { ORIGIN_TARGETS } from './targets/origin.ts'
import { PACK_TARGETS } from './targets/packs.ts'
import { PEER_TARGETS } from './targets/peers.ts'
import { RELEASE_TARGETS } from './targets/release.ts'
import { REQUEST_TARGETS } from './targets/requests.ts'
import { ROLLOUT_TARGETS } from './targets/rollout.ts'
import { TRACKER_TARGETS } from './targets/tracker.ts'

export const TARGETS: readonly Target[] = [
  ...RELEASE_TARGETS,
  ...METADATA_TARGETS,
  ...MEMBERSHIP_TARGETS,
  ...ROLLOUT_TARGETS,
  ...FRAME_TARGETS,
  ...LINK_TARGETS,
  ...PEER_TARGETS,
  ...PACK_TARGETS,
  ...HEADER_TARGETS,
  ...ORIGIN_TARGETS,
  ...REQUEST_TARGETS,
  ...TRACKER_TARGETS,
  ...HANDSHAKE_TARGETS,
  ...NEWS_TARGETS,
  ...MQTT_TARGETS,
]
