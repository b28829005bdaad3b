export { install } from './install.ts'
export { recover } from './recover.ts'
