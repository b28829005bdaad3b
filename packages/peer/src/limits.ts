/** Every bound of the peer, in one place. Units stand last in the names. */
import { REPORT_BYTES_MAX } from '@shoal/release'

export const LIMITS = {
  /** Payload of one data frame. */
  framePayloadBytesMax: 256 << 10,
  /** Any other frame; the largest is the availability of a release, one bit a span. */
  frameControlBytesMax: 256 << 10,
  /** Name of a file of metadata in a request. */
  metadataNameBytesMax: 256,
  /** Buffers kept for spans while idle: those that a download receives into, and those that answers are sent from. */
  spanBuffersIdleMax: 32,
  roomsIdleMax: 4,
  /** Requests that one link may have waiting. */
  requestsPerLinkMax: 256,
  /** Releases that one link may take part in. */
  slotsPerLinkMax: 64,
  /** Frames but data that may wait until the other side takes them: what it makes this side say costs it less than this side. */
  controlWaitingBytesMax: 1 << 20,
  /** Links that a peer serves at once, from all others together and from any one of them. */
  inboundLinksMax: 128,
  inboundLinksPerPeerMax: 2,
  /** Sites of neighbours that a download counts bytes by. */
  sourceSitesMax: 256,
  /** Sockets for the bulk beside the libp2p connections. */
  lane: {
    /** To connect, to be encrypted, and for either side to prove who it is. */
    openTimeoutMs: 5_000,
    /** Inbound ones that nobody has proven to be on yet. */
    pendingMax: 16,
    /** Encryptions begun for those who then prove to be no peer: so many at once, then one a refill. */
    unprovenBurst: 64,
    unprovenRefillMs: 500,
    /** Served at once to any one peer: one, and the one that takes its place. */
    inboundPerPeerMax: 2,
    /** Until one that was lost, or could not be opened, is tried again. */
    retryMinMs: 2_000,
    retryMaxMs: 300_000,
  },
  /** Until the other side must have said hello, and until it must have taken what it was sent. */
  helloTimeoutMs: 10_000,
  drainTimeoutMs: 30_000,
  /** Small requests: blocks, metadata, peers. */
  smallRequestTimeoutMs: 15_000,
  /** Peers told in one exchange, and addresses of each. */
  exchangePeersMax: 32,
  exchangeAddressesMax: 8,
  exchangeBytesMax: 80 << 10,
  /** The least rate that traffic can be limited to, but for none at all. */
  rateMinBytesPerSecond: 16_000,
  /** Of a peer that makes room for everything else: waits on the way are added time. */
  background: {
    /** The wait that it allows itself to cause. */
    targetMs: 25,
    floorBytesPerSecond: 32_000,
    startBytesPerSecond: 500_000,
    rateMaxBytesPerSecond: 10e9,
    /** After so long without too much of a wait, it looks anew how much there is. */
    quietMs: 8_000,
    decideMs: 250,
    /** So many neighbours of other sites are pinged this often, while anything moves between sites. */
    pingMs: 250,
    pingTimeoutMs: 2_000,
    pingedMax: 3,
    idleMs: 5_000,
  },
  /** What `doctor` asks others must be answered in this time. */
  doctorTimeoutMs: 5_000,
  /** How soon after its start a peer is examined, and how often then, each half to one and a half of it; and how soon one that is asked for is told again. */
  checkups: { firstMs: 60_000, everyMs: 6 * 3_600_000, againMs: 600_000 },
  /** A limit in what the running daemon is told. */
  controlBodyBytesMax: 4 << 10,
  /** What monitoring may take, where it is served at all: for one request, how often that is looked after, and sockets. */
  monitoring: { requestTimeoutMs: 5_000, checkMs: 1_000, connectionsMax: 32 },
  /** Neighbours that this peer connects to on its own. */
  neighboursMax: 30,
  /** Peers that were heard of and are remembered for a connection. */
  candidatesMax: 1_000,
  /** Banned peers that are remembered; the oldest makes room. */
  bannedMax: 10_000,
  dialTimeoutMs: 10_000,
  /** What is newest is told again this often; gossip forgets after two minutes that it carried it. */
  newsRepeatMs: 180_000,
  /** Verified metadata that is kept. */
  trust: {
    stateBytesMax: 64 << 20,
    rootsMax: 1_024,
    /** Release roles of channels, beside the one that is looked for. */
    rolesKeptMax: 64,
  },
  /** What this device has to say of releases, until a tracker has it. */
  reports: {
    bytesMax: REPORT_BYTES_MAX,
    /** To be sent, and given up; what is the oldest makes room. */
    pendingMax: 2_000,
    deadMax: 2_000,
    /** Named one by one in an order to send them again. */
    resendMax: 256,
    /** In one message. */
    batchMax: 64,
    sendTimeoutMs: 30_000,
    /** Reports that follow each other closely are sent together. */
    gatherMs: 250,
    backoffMinMs: 1_000,
    backoffMaxMs: 600_000,
    /** One that no tracker took for so long is given up. */
    keptMs: 30 * 86_400_000,
    /** What is installed is told again this often. */
    presentMs: 86_400_000,
  },
  /** Bringing releases in, a step at a time. */
  rollout: {
    recordBytesMax: 1 << 20,
    /** Failures that are not repeated, and counters of releases that were here. */
    rememberedMax: 64,
    /** How long sources of the policy are waited for, and how often trackers are asked without being rung. */
    policyWaitMs: 3_000,
    policyAskMs: 300_000,
    /** Until a hook that said "not now" is asked again. */
    postponedMs: 60_000,
    /** What is remembered of why something failed. */
    messageCharactersMax: 512,
  },
  /** What commands print, as far as it is kept, and how long the last of it is waited for. */
  commandOutputBytesMax: 4 << 10,
  commandDrainMs: 250,
  /** No wait is longer, so that a clock which was put forward is noticed. */
  waitMaxMs: 3_600_000,
  /** Files that one holding keeps open. */
  openFilesMax: 64,
  /** File operations that the store has under way for one call. */
  fileOperationsMax: 8,
  /** Adjacent chunks are read together up to this size (or one chunk, if that is larger). */
  readRunBytesMax: 1 << 20,
  /** A resume journal larger than this is not believed: everything in the tree is hashed instead. */
  journalBytesMax: 64 << 20,
  /** The record of an installed release: 24 bytes a file. */
  installedRecordBytesMax: 64 << 20,
  /** Places at which a chunk of a changed file is looked for before it counts as gone. */
  placesTriedMax: 8,
  /** Releases that a cache holds: each is a topic of discovery. */
  cacheReleasesMax: 24,
  /** Earlier releases that the store remembers the order of. */
  historyReleasesMax: 64,
  /** What is asked of the origin, and taken from it. */
  origin: {
    /** One request: large enough that requests cost little, small enough to lose. */
    rangeBytesMax: 8 << 20,
    /** Under a ration: what is paid for before it is asked for, even if that is more than should be asked for at once. */
    paidAheadBytesMin: 512 << 10,
    /** Bytes between two wanted frames that are read over rather than asked around. */
    gapBytesMax: 64 << 10,
    /** An origin that ignores Range is read through up to this far, or when this share of it is wanted. */
    readThroughBytesMax: 16 << 20,
    readThroughShareMin: 0.25,
    redirectsMax: 3,
    /** Of an error page. */
    errorBodyBytesMax: 64 << 10,
    /** An attempt that got this far before it broke does not count against the attempts. */
    progressBytesMin: 1 << 20,
    /** Ranges in a row that failed although each was retried: then the rest is not asked for. */
    failedRangesMax: 4,
    /** What the configuration may change. */
    defaults: {
      concurrency: 4,
      connectionsMax: 6,
      connectTimeoutMs: 10_000,
      headersTimeoutMs: 30_000,
      progressTimeoutMs: 15_000,
      rateWindowMs: 30_000,
      rateMinBytesPerSecond: 4 << 10,
      attemptsMax: 6,
      backoffMinMs: 250,
      backoffMaxMs: 10_000,
      retryAfterMaxMs: 60_000,
    },
  },
  /** Of a private fleet. Times are means. */
  membership: {
    fileBytesMax: 512 << 10,
    trackersMax: 8,
    /** How soon the end of the own credential is noticed. */
    lookMs: 1_000,
    retryMinMs: 1_000,
    askMs: 600_000,
  },
  /** How others are found. Times are means: each use is spread by chance. */
  discovery: {
    connectionsMax: 300,
    dialTimeoutMs: 10_000,
    identifyTimeoutMs: 10_000,
    redialMinMs: 1_000,
    redialMaxMs: 60_000,
    /** A meeting point that is connected is looked after this often. */
    meetCheckMs: 30_000,
    givenMs: 30_000,
    /** Peers asked of a tracker in one announce, and between two announces whatever changed. */
    trackerWantMax: 30,
    trackerWantCompleteMax: 10,
    trackerGapMs: 1_000,
    trackerIntervalMaxMs: 3_600_000,
    followedMax: 64,
    dhtQueriesMax: 4,
    dhtQueryTimeoutMs: 30_000,
    dhtFoundMax: 100,
    dhtAddressesMax: 16,
    dhtRetryMinMs: 250,
    dhtRetryMaxMs: 30_000,
    lookupIncompleteMs: 20_000,
    lookupCompleteMs: 600_000,
    /** Far below the 48 h that a record lasts: those who keep it restart, and keep it in memory. */
    provideMs: 900_000,
    mdnsQueryMs: 120_000,
    /** The time between queries grows with the neighbourhood: every query is answered by everybody. */
    mdnsPeersPerInterval: 50,
    mdnsInterfacesMax: 16,
    mdnsAnswerGapMs: 1_000,
    mdnsAnswerDelayMs: 100,
    /** What fails there is told at most so often, with how often it did. */
    mdnsFailedEveryMs: 60_000,
    stopTimeoutMs: 3_000,
  },
} as const
