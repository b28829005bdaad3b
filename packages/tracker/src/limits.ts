/** Every bound of the tracker and of what is said to one, in one place. Units stand last in the names. */
export const LIMITS = {
  /** One announce, and the answer to it, as they travel. */
  announceBytesMax: 16 * 1024,
  handOutBytesMax: 128 * 1024,
  /** From the opening of a stream to its last byte, whichever side is slow. */
  exchangeTimeoutMs: 10_000,
  /** Streams of the announce protocol that one connection, and all together, may hold open. */
  streamsPerConnectionMax: 4,
  streamsMax: 512,

  topicsPerPeerMax: 64,
  topicCharactersMax: 128,
  siteCharactersMax: 64,
  addressesPerPeerMax: 8,
  addressCharactersMax: 256,
  handOutPeersMax: 50,

  /** How often peers announce: the base, what many peers stretch it to, and at how many a second that starts. */
  intervalMs: 30_000,
  intervalMaxMs: 3_600_000,
  announcesPerSecondWanted: 200,
  /** Who has not announced for this many intervals is gone. */
  expiryIntervals: 2.5,
  sweepMs: 10_000,

  /** What the registry remembers. */
  peersMax: 100_000,
  peersPerTopicMax: 20_000,
  topicsMax: 50_000,
  /** How many of the registered are looked at for one hand-out. */
  handOutCandidatesMax: 256,

  /** Announces that one peer may make: so many at once, then one a refill. */
  announceBurst: 20,
  announceRefillMs: 2_000,

  connectionsMax: 2_000,
  inboundConnectionsPerSecondAndIpMax: 200,
  inboundConnectionsPendingMax: 256,
  /** Addresses of one peer that a dial tries; libp2p throws above it. */
  dialAddressesMax: 64,
  streamWindowBytesMax: 1024 * 1024,
  stopTimeoutMs: 5_000,
  identityBytesMax: 4 * 1024,
  rootBytesMax: 1024 * 1024,

  httpBodyBytesMax: 64 * 1024,
  httpRequestTimeoutMs: 10_000,
  httpConnectionTimeoutMs: 60_000,
} as const
