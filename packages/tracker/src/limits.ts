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

  /** One document that is told to everybody; the largest are revocations. */
  newsBytesMax: 272 * 1024,
  /** Documents of one neighbour that are looked at: so many at once, then one a refill. */
  newsBurst: 20,
  newsRefillMs: 2_000,

  connectionsMax: 2_000,
  inboundConnectionsPerSecondAndIpMax: 200,
  inboundConnectionsPendingMax: 256,
  /** Until an inbound connection must be encrypted and have a muxer. */
  inboundUpgradeTimeoutMs: 10_000,
  /** Addresses of one peer that a dial tries; libp2p throws above it. */
  dialAddressesMax: 64,
  /** Peers that libp2p remembers, provider records of others in the DHT, and whatever else it stores. */
  storedPeersMax: 20_000,
  storedProvidersMax: 50_000,
  storedRecordsMax: 5_000,
  streamWindowBytesMax: 1024 * 1024,
  stopTimeoutMs: 5_000,
  identityBytesMax: 4 * 1024,
  rootBytesMax: 1024 * 1024,

  /** From the end of the encryption to the end of the frames that members show each other. */
  handshakeTimeoutMs: 5_000,
  /** What is read ahead meanwhile: of whoever dialled, and of whom this node dialled, who may go on at once. */
  handshakeAcceptedBytesMax: 2 * 1024,
  handshakeDialledBytesMax: 512 * 1024,
  /** Connections that strangers may begin: so many at once, then one a refill. Of one host, and of all together. */
  strangersPerHostBurst: 64,
  strangersPerHostRefillMs: 2_000,
  strangersBurst: 256,
  strangersRefillMs: 100,
  strangerHostsMax: 10_000,
  /** How soon a connection ends whose credential has expired; how long and how many members are remembered that are not connected. */
  memberSweepMs: 1_000,
  memberIdleSeconds: 60,
  membersAdmittedMax: 10_000,

  /** A token, and what a tracker answers to one. */
  tokenCharactersMax: 4 * 1024,
  tokenTrackersMax: 8,
  enrolmentBytesMax: 256 * 1024,
  enrolmentTimeoutMs: 15_000,
  /** What one member asks about its membership. */
  membersQuestionBytesMax: 256,
  membersAnswerBytesMax: 272 * 1024,
  membersBurst: 10,
  membersRefillMs: 30_000,
  /** How soon a running tracker follows what the commands beside it have written. */
  ledgerPollMs: 500,
  ledgerBusyMs: 5_000,
  /** Unused tokens, and members. */
  tokensMax: 100_000,
  membersMax: 2_000_000,
  enrolmentKeyBytesMax: 16 * 1024,

  httpBodyBytesMax: 64 * 1024,
  httpRequestTimeoutMs: 10_000,
  httpConnectionTimeoutMs: 60_000,
} as const
