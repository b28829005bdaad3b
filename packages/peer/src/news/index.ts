export { listenToBroker, type BrokerConfig, type BrokerStatus, type PeerBroker } from './broker.ts'
export { startNews, type PeerNews } from './news.ts'
