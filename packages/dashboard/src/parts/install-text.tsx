import type { DeviceRow } from '@shoal/tracker/api'
import { ReleaseLink } from './rollout-card.tsx'
import { State } from './state.tsx'

/** What it runs, and what it is at with which version. */
export function InstallText({ install }: { install: DeviceRow['installs'][number] }) {
  const { product, installed, version, state, code } = install
  return (
    <>
      {product}{' '}
      {installed !== undefined && installed !== version && (
        <>
          <ReleaseLink {...install} version={installed} /> →{' '}
        </>
      )}
      <ReleaseLink {...install} /> <State of={state} code={code} />
    </>
  )
}
