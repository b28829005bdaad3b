/** What the tracker decided, as data: per channel what everybody may install, and the rollout under way. */

export interface Policy {
  /** Rises with every document; at least 1. */
  version: number
  expires: Date
  /** Each once, at most POLICY_CHANNELS_MAX. */
  channels: readonly ChannelPolicy[]
}

export interface ChannelPolicy {
  product: string
  channel: string
  /** What every device of the channel may install: the version whose rollout was completed last. */
  base?: string
  /** Versions that must not be skipped: a device that has an older one installs them on the way, in the order of their counters. */
  steps: readonly string[]
  /** Versions that nobody should have: a device that has one goes back to `base`. */
  withdrawn: readonly Withdrawn[]
  /** The last one of the channel, also when it is over: its terms hold for whoever comes late. */
  rollout?: RolloutPolicy
}

export interface Withdrawn {
  version: string
  /** By which it had come. */
  rollout: string
}

export interface RolloutPolicy extends RolloutTerms {
  state: 'running' | 'paused' | 'halted' | 'completed'
  /** When each ring was opened, epoch ms; its length is how many are open. */
  openedAtMs: readonly number[]
}

export interface RolloutTerms {
  /** Never used again for another one. */
  id: string
  version: string
  /** At least one; a device belongs to the first that it matches. */
  rings: readonly RingPolicy[]
  /** A device of an open ring begins at its own moment within this. */
  spreadSeconds: number
  /** When a release may be activated; none: at any time. */
  windows: readonly InstallWindow[]
  /** `at-once`: fetched as soon as it is the device's turn, activated in the window. */
  download: 'at-once' | 'in-window'
  /** How long a device must stay healthy after activation to count. */
  soakSeconds: number
  /** Begun and not a step further after so long counts as failed; more than the soak. */
  timeoutSeconds: number
}

export interface RingPolicy {
  name: string
  match: Match
  /** Of those that match, by `placeOf`: a whole number from 0 to 100. */
  percent: number
}

/** Every kind that is given must hold; within a kind one suffices. Without any, everybody matches. */
export interface Match {
  devices?: readonly string[]
  groups?: readonly string[]
  sites?: readonly string[]
  labels?: Readonly<Record<string, readonly string[]>>
}

/** A time of the week, by the clock on the wall of a zone. */
export interface InstallWindow {
  /** Days on which it begins, each once; 0 is Sunday. */
  days: readonly number[]
  /** Minutes since midnight. One that ends no later than it begins ends on the next day. */
  fromMinute: number
  toMinute: number
  /** IANA name, such as Europe/Warsaw. */
  zone: string
}
