/** Who vouches for a release, and what it is: from the metadata at the origin, which the tracker has verified. */
import type { ReleaseView } from '@shoal/tracker/api'
import { bytesInWords, countInWords } from '../format.ts'
import { Icon } from './icon.tsx'
import { Section } from './page.tsx'
import { Table } from './table.tsx'
import { Ago } from './time.tsx'

type Signed = ReleaseView['signed']
type Role = Signed['roles'][number]

export function SignedRelease({ of: { problem, roles, platforms } }: { of: Signed }) {
  return (
    <>
      <Section title="What it is">
        {problem !== undefined && <p class="empty">{problem}</p>}
        {platforms.length > 0 && (
          <Table
            caption="The release, by platform"
            rows={platforms}
            keyOf={({ platform }) => platform}
            columns={[
              { name: 'Platform', cell: ({ platform }) => platform },
              { name: 'Size', isNumber: true, cell: ({ sizeBytes }) => known(sizeBytes, bytesInWords) },
              { name: 'Files', isNumber: true, cell: ({ entries }) => known(entries, countInWords) },
              { name: 'Counter', isNumber: true, cell: ({ counter }) => countInWords(counter) },
              { name: 'Id', isWide: true, cell: ({ release }) => <code class="id">{release}</code> },
            ]}
          />
        )}
      </Section>
      {roles.length > 0 && (
        <Section title="Who signed it" note="from the root of the fleet down, as the origin has it">
          <Table
            caption="Roles that vouch for the release, from the root down"
            rows={roles}
            keyOf={({ role }) => role}
            columns={[
              { name: 'Role', cell: ({ role }) => <code>{role}</code> },
              { name: 'Signatures', isShort: true, cell: (role) => <Signatures of={role} /> },
              { name: 'Keys', isShort: true, isWide: true, cell: ({ keys }) => <Keys of={keys} /> },
              { name: 'Version', isNumber: true, cell: ({ version }) => countInWords(version) },
              { name: 'Expires', isShort: true, cell: ({ expiresMs }) => <Ago atMs={expiresMs} /> },
            ]}
          />
        </Section>
      )}
    </>
  )
}

function known(value: number | undefined, inWords: (value: number) => string): string {
  return value === undefined ? 'not known' : inWords(value)
}

function Signatures({ of: { keys, threshold } }: { of: Role }) {
  const signed = keys.filter((key) => key.signed).length
  const isMet = signed >= threshold
  return (
    <span class={`state ${isMet ? 'good' : 'bad'}`}>
      <Icon name={isMet ? 'check' : 'cross'} />
      {signed} of {keys.length}, {threshold} needed
    </span>
  )
}

const KEY_CHARACTERS = 12

function Keys({ of: keys }: { of: Role['keys'] }) {
  return (
    <ul class="keys">
      {keys
        .toSorted((a, b) => Number(b.signed) - Number(a.signed))
        .map(({ id, signed }) => (
          <li key={id} class={signed ? undefined : 'muted'}>
            <Icon name={signed ? 'check' : 'dash'} />
            <code title={id}>{id.slice(0, KEY_CHARACTERS)}…</code> {signed ? 'signed' : 'did not sign'}
          </li>
        ))}
    </ul>
  )
}
