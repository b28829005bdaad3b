export { startNews, type PeerNews } from './news.ts'
