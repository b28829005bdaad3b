/** What others need to talk to a tracker, and to be a node of the same fleet. */
export { dialableAddress, isLoopbackAddress } from './announce/address.ts'
export { announce, AnnounceRefused, type Announce, type HandOut } from './announce/announce.ts'
export type { HandedOutPeer } from './announce/message.ts'
export { trackerProtocol } from './announce/protocol.ts'
export { TrackerError, type TrackerErrorCode } from './error.ts'
export { loadIdentity, newIdentity } from './node/identity.ts'
export { AGENT_VERSION, kadProtocol, startNode, stopNode, type NodeConfig } from './node/wiring.ts'
export { answerQuestions, ask, type AnswerLimits, type ExchangeLimits } from './wire/exchange.ts'
