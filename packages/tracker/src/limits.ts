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

  /** How long a stream that is done waits for the next question at who asks, and at who answers; how many of them a node keeps. */
  idleStreamMs: 60_000,
  idleStreamServedMs: 90_000,
  idleStreamsMax: 256,

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
  /** How many of the registered are looked at for one hand-out: for each that is wanted, and in all. */
  handOutCandidatesPerWanted: 8,
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
  signingKeyBytesMax: 16 * 1024,

  /** Reports of one message, and the answer to it. */
  reportsPerBatchMax: 64,
  reportsAnswerBytesMax: 4 * 1024,
  /** Messages with reports of one peer: so many at once, then one a refill; when to come again where nothing else is known. */
  reportsBurst: 20,
  reportsRefillMs: 250,
  reportsRetryMs: 5_000,
  /** Messages whose signatures are verified at once, reports that wait for that, about a second's, and devices whose keys are kept for the next. */
  reportsBatchesAtOnceMax: 8,
  reportsJudgingMax: 4_096,
  reportKeysMax: 4_096,
  /** Reports of one transaction, and those that may wait for one. */
  reportsPerCommitMax: 512,
  reportsPendingMax: 8_192,
  /** One question for the policy; of one peer so many at once, then one a refill. */
  policyQuestionBytesMax: 64,
  policyBurst: 10,
  policyRefillMs: 1_000,
  /** How often rollouts are looked at when reports came, and when none did. */
  engineBusyMs: 1_000,
  engineIdleMs: 5_000,
  /** How often a change is decided anew that another tracker was in the way of. */
  changeTriesMax: 8,
  /** How often those that announced are written down, each after how long, and how many of them at a time. */
  heardEveryMs: 10_000,
  heardAgainMs: 60_000,
  heardAtOnceMax: 5_000,

  /** Until the origin has told its timestamp. */
  originTimeoutMs: 10_000,

  /** What a broker is sent and takes: AWS IoT Core closes the connection above the first. A packet has its topic and a few bytes besides. */
  mqttPayloadBytesMax: 128 * 1024,
  mqttPacketBytesMax: 132 * 1024,
  mqttPrefixCharactersMax: 96,
  mqttPrefixLevelsMax: 4,
  mqttIdBytes: 16,
  mqttHintBytesMax: 64,
  /** Until the broker has let this machine in, has answered, and has been said goodbye to. */
  mqttConnectTimeoutMs: 15_000,
  mqttReplyTimeoutMs: 10_000,
  mqttGoodbyeMs: 1_000,
  mqttKeepaliveSeconds: 60,
  mqttBackoffMinMs: 1_000,
  mqttBackoffMaxMs: 120_000,
  /** How long a new connection waits for what the broker has kept, and how often it is compared with what is newest here. */
  mqttRetainedMs: 500,
  mqttCompareMs: 60_000,
  /** Reports of one message, and messages that are being answered. */
  mqttReportsBytesMax: 100 * 1024,
  mqttPendingMax: 256,
  /** News of a broker that is looked at: so many at once, then one a refill; and hints that lead to a look elsewhere. */
  mqttNewsBurst: 20,
  mqttNewsRefillMs: 2_000,
  mqttHintRefillMs: 30_000,

  /** Webhooks, what is told to one at a time, and the answer that is waited for; whoever tells it has it for longer than that takes. */
  webhooksMax: 16,
  webhookSecretsMax: 2,
  webhookSecretFileBytesMax: 4 * 1024,
  webhookTextCharactersMax: 2_000,
  webhookTimeoutMs: 10_000,
  webhookLeaseMs: 30_000,
  /** How often the store is asked for what nobody here rang for, and how much it gives at a time. */
  webhookIdleMs: 5_000,
  webhookEventsAtOnceMax: 50,
  /** Pauses after failures, and for how long they may go on. */
  webhookBackoffMinMs: 2_000,
  webhookBackoffMaxMs: 600_000,
  webhookGiveUpMs: 3 * 86_400_000,
  /** How often a tracker says that it has one in its configuration, when it no longer counts as configured, and when it is forgotten. */
  webhookSeenEveryMs: 600_000,
  webhookSeenMs: 3_600_000,
  webhookKeptMs: 30 * 86_400_000,

  /** Platforms of a release that are looked at, each with a block at the origin. */
  releasePlatformsMax: 32,

  /** Devices that the store remembers. */
  devicesMax: 1_000_000,
  /** How long a report stays in the history, and content in the buckets of an hour; how much of it is forgotten at a time, and how often. */
  reportsKeptMs: 180 * 86_400_000,
  trafficKeptMs: 90 * 86_400_000,
  forgottenAtOnceMax: 2_000,
  forgetEveryMs: 60_000,
  /** More than this no device is believed to have moved for one release. */
  reportedBytesMax: 1024 ** 4,
  /** Pairs of sites whose bytes are summed; of further ones, they are summed as from other sites. Those that send most to one are shown. */
  flowPairsMax: 50_000,
  flowsShownMax: 16,
  paceBucketMs: 300_000,
  /** Devices that are put into rings in one transaction. */
  placedAtOnceMax: 1_000,
  cursorCharactersMax: 512,
  statementsMax: 256,
  /** Rows that one of them writes. */
  statementRowsMax: 1_000,
  /** Heap of a thread with a connection to SQLite. */
  storeHeapMiB: 256,
  /** API tokens that are not revoked. */
  apiTokensMax: 1_000,
  /** Connections to PostgreSQL of one tracker, and how long one statement may take. */
  databaseConnectionsMax: 6,
  databaseConnectMs: 5_000,
  databaseStatementMs: 10_000,
  databasePasswordBytesMax: 4 * 1024,
  /** How often a transaction is tried that another one was in the way of. */
  transactionTriesMax: 5,

  httpBodyBytesMax: 64 * 1024,
  httpRequestTimeoutMs: 5_000,
  httpConnectionTimeoutMs: 60_000,
  /** A slow sender of headers is let go after `httpRequestTimeoutMs`; how soon that is noticed, and how many may try. */
  httpCheckMs: 1_000,
  httpConnectionsMax: 4_096,
  tlsFileBytesMax: 256 * 1024,

  /** Requests with one API token, and failed ones of one address: so many at once, then one a refill. */
  apiBurst: 120,
  apiRefillMs: 50,
  apiFailureBurst: 20,
  apiFailureRefillMs: 1_000,
  apiCallersMax: 10_000,
  apiTokenCharactersMax: 128,
  /** What a command waits for, and takes, as an answer of the API. */
  apiClientTimeoutMs: 30_000,
  apiAnswerBytesMax: 16 * 1024 * 1024,
  /** Rows of one page. */
  pageRowsMax: 200,
  pageRows: 50,
  /** Streams of events, how often one is written, and what may wait in one that is not read. */
  eventStreamsMax: 200,
  eventIntervalMs: 1_000,
  eventHeartbeatMs: 15_000,
  eventTokenCheckMs: 5_000,
  eventPendingBytesMax: 1024 * 1024,
  /** Aggregates: how long they are as good as new, how long they are shown while they are read anew, and how many are kept. */
  recentFreshMs: 1_000,
  recentKeptMs: 10_000,
  recentKeysMax: 500,
  /** Until they are read anew for whoever asks next: what is asked now goes first. */
  recentDelayMs: 100,
  /** The built dashboard, as it is held in memory. */
  dashboardFilesMax: 128,
  dashboardBytesMax: 8 * 1024 * 1024,
} as const
