import { originPath, signStatement, type Signer, type Statement, type TrustedRoot } from '@shoal/release'
import { SeederError } from '../error.ts'
import { ANNOUNCE_ATTEMPTS } from '../limits.ts'
import type { Origin } from '../origin/origin.ts'
import { readLatest, readVersion } from './published.ts'

/**
 * Makes the release visible: first its version, then the channel. The version's statement is put once; if another publisher
 * moved the channel meanwhile, the channel gets a statement with a higher counter.
 */
export async function announce(
  origin: Origin,
  root: TrustedRoot,
  signer: Signer,
  statement: Statement,
): Promise<{ announced: Statement; uploadedBytes: number }> {
  let bytes = signStatement(statement, signer)
  let uploadedBytes = 0
  if ((await origin.put(originPath.statement(statement), bytes)) === 'stored') uploadedBytes += bytes.length
  else await refuseOther(origin, root, statement)

  for (let attempt = 0; attempt < ANNOUNCE_ATTEMPTS; attempt++) {
    const latest = await readLatest(origin, root, statement)
    const counter = Math.max(statement.counter, (latest.statement?.counter ?? 0) + 1)
    const announced = { ...statement, counter }
    if (counter !== statement.counter) bytes = signStatement(announced, signer)
    if ((await origin.replace(originPath.latest(statement), bytes, latest.tag)) === 'stored') {
      return { announced, uploadedBytes: uploadedBytes + bytes.length }
    }
  }
  throw new SeederError('ORIGIN_BUSY', `other publishers keep moving ${statement.product}@${statement.channel}`)
}

async function refuseOther(origin: Origin, root: TrustedRoot, statement: Statement): Promise<void> {
  const there = await readVersion(origin, root, statement)
  if (there?.release === statement.release) return
  const { product, channel, version } = statement
  throw new SeederError(
    'VERSION_CONFLICT',
    `${product}@${channel}:${version} was published with other content just now`,
  )
}
