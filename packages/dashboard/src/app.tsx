import { useEffect } from 'preact/hooks'
import { match } from './address.ts'
import { findSession, logOut, session } from './api.ts'
import { connection, listen } from './live.ts'
import { AuditPage } from './pages/audit.tsx'
import { DevicePage } from './pages/device.tsx'
import { DevicesPage } from './pages/devices.tsx'
import { LogInPage } from './pages/log-in.tsx'
import { OverviewPage } from './pages/overview.tsx'
import { PoliciesPage } from './pages/policies.tsx'
import { ReleasePage } from './pages/release.tsx'
import { RolloutPage } from './pages/rollout.tsx'
import { RolloutsPage } from './pages/rollouts.tsx'
import { SitesPage } from './pages/sites.tsx'
import { Page } from './parts/page.tsx'
import { followLinks, place } from './route.ts'

const PAGES = [
  ['/', 'Overview'],
  ['/rollouts', 'Rollouts'],
  ['/devices', 'Devices'],
  ['/sites', 'Sites'],
  ['/policies', 'Policies'],
  ['/audit', 'Audit'],
] as const

export function App() {
  useEffect(() => void findSession(), [])
  const who = session.value
  if (who === 'unknown') return <p class="muted boot">Loading…</p>
  if (who === 'none') return <LogInPage />
  return <Inside name={who.name} role={who.role} />
}

function Inside({ name, role }: { name: string; role: string }) {
  useEffect(() => listen(), [])
  const { path } = place.value
  const isLive = connection.value === 'live'
  return (
    <div class="frame" onClick={followLinks}>
      <a class="skip" href="#content">
        Skip to content
      </a>
      <header class="top">
        <a class="brand" href="/">
          <img src="/icon.svg" alt="" width="22" height="22" />
          shoal
        </a>
        <nav aria-label="Pages of the dashboard">
          <ul>
            {PAGES.map(([address, word]) => (
              <li key={address}>
                <a href={address} aria-current={isUnder(path, address) ? 'page' : undefined}>
                  {word}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="who">
          <span class={`live ${isLive ? 'good' : 'warn'}`} role="status">
            <span class="dot" aria-hidden="true" />
            {isLive ? 'Live' : 'Connecting…'}
          </span>
          <span class="muted">
            {name}, {role}
          </span>
          <button type="button" class="quiet" onClick={() => void logOut()}>
            Log out
          </button>
        </div>
      </header>
      <main id="content" key={path}>
        <Content path={path} />
      </main>
    </div>
  )
}

function isUnder(path: string, address: string): boolean {
  return path === address || (address !== '/' && path.startsWith(`${address}/`))
}

function Content({ path }: { path: string }) {
  const [rollout] = match('/rollouts/:', path) ?? []
  const [device] = match('/devices/:', path) ?? []
  const [product, channel, version] = match('/releases/:/:/:', path) ?? []
  if (path === '/') return <OverviewPage />
  if (path === '/rollouts') return <RolloutsPage />
  if (rollout !== undefined) return <RolloutPage id={rollout} />
  if (path === '/devices') return <DevicesPage />
  if (device !== undefined) return <DevicePage id={device} />
  if (path === '/sites') return <SitesPage />
  if (path === '/policies') return <PoliciesPage />
  if (path === '/audit') return <AuditPage />
  if (product !== undefined && channel !== undefined && version !== undefined) {
    return <ReleasePage product={product} channel={channel} version={version} />
  }
  return (
    <Page title="Not found">
      <p>
        There is no page at <code>{path}</code>. <a href="/">Go to the overview.</a>
      </p>
    </Page>
  )
}
