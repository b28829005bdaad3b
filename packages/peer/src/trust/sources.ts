/** Where metadata comes from: neighbours first for what is immutable, origin and neighbours alike for what is newest. */
import { metadataFile, ReleaseError, type MetadataSources } from '@shoal/release'
import { PeerError } from '../error.ts'
import { firstAnswer, type AnswerSource } from '../first-answer.ts'
import type { Neighbour, Neighbours } from '../neighbours/index.ts'
import { hear, type Heard, type Speakers } from './hear.ts'

export interface SourcesDeps extends Speakers {
  neighbours: Pick<Neighbours, 'linked' | 'onLinked' | 'ban'>
  onProblem: (error: Error) => void
}

export interface HeardSources extends MetadataSources {
  /** What the first round brought; undefined before it. */
  heard(): Heard | undefined
}

const TIMESTAMP = metadataFile('timestamp')
const NEIGHBOURS_BEFORE_ORIGIN = 3
/** One that has not answered for so long is not waited for alone. */
const PATIENCE_MS = 1_500

export function createSources(deps: SourcesDeps): HeardSources {
  const { neighbours, origin, signal, onProblem } = deps
  let first: Heard | undefined
  let originTimestamp: Uint8Array | undefined

  const heardOrigin: Speakers['origin'] = origin && {
    async fetchMetadata(file, bytesMax, options) {
      const bytes = await origin.fetchMetadata(file, bytesMax, options)
      if (file === TIMESTAMP) originTimestamp = bytes
      return bytes
    },
  }

  /** The origin's first: neighbours may be many, and all of one mind. */
  function timestamps(): Uint8Array[] {
    const all = first?.timestamps ?? []
    return originTimestamp === undefined ? all : [originTimestamp, ...all.filter((each) => each !== originTimestamp)]
  }

  /** Bytes that cannot be metadata at all come from no honest neighbour; anything else may be old, or meant for others. */
  function judge(neighbour: Neighbour, error: Error): void {
    onProblem(error)
    if (error instanceof ReleaseError && error.code === 'METADATA_INVALID') {
      neighbours.ban(neighbour.key, 'metadata that cannot be read')
    }
  }

  return {
    heard: () => first,

    async gather(file) {
      if (file === TIMESTAMP) return timestamps()
      const version = Number.parseInt(file, 10)
      if (first !== undefined) {
        return (await hear(version, { ...deps, expectsNeighbours: false, isKnown: true }, judge)).roots
      }
      first = await hear(version, { ...deps, origin: heardOrigin }, judge)
      return first.roots
    },

    async fetch(file, bytesMax, accept) {
      const asked = new Set<Neighbour>()
      let isOriginAsked = origin === undefined
      let refused: Error | undefined
      let isTaken = false

      function takes(bytes: Uint8Array | undefined, onRefused: (error: Error) => void): Uint8Array | undefined {
        if (bytes === undefined || isTaken) return undefined
        try {
          accept(bytes)
          isTaken = true
          return bytes
        } catch (error) {
          refused = error as Error
          onRefused(refused)
          return undefined
        }
      }

      function nextSource(): AnswerSource<Uint8Array> | undefined {
        const neighbour = neighbours.linked().find((each) => !asked.has(each))
        if (neighbour !== undefined && (isOriginAsked || asked.size < NEIGHBOURS_BEFORE_ORIGIN)) {
          asked.add(neighbour)
          return async (stop) => {
            const bytes = await neighbour.requester?.fetchMetadata(file, bytesMax, stop)
            return takes(bytes, (error) => judge(neighbour, error))
          }
        }
        if (isOriginAsked) return undefined
        isOriginAsked = true
        return async (stop) => takes(await origin?.fetchMetadata(file, bytesMax, { signal: stop }), onProblem)
      }

      const bytes = await firstAnswer(nextSource, { patienceMs: PATIENCE_MS, signal })
      if (bytes === undefined) throw refused ?? new PeerError('NOT_FOUND', `nobody within reach has ${file}`)
    },
  }
}
