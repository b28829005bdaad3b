import { Icon, type IconName } from './icon.tsx'

type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'calm'

/** Of rollouts, rings, devices and what doctors found: never a colour alone. */
const STATES: Record<string, readonly [icon: IconName, tone: Tone, word: string]> = {
  running: ['play', 'busy', 'Running'],
  paused: ['pause', 'warn', 'Paused'],
  halted: ['stop', 'bad', 'Halted'],
  completed: ['check', 'good', 'Completed'],
  superseded: ['dash', 'calm', 'Superseded'],
  passed: ['check', 'good', 'Passed'],
  open: ['play', 'busy', 'Open'],
  stopped: ['stop', 'bad', 'Stopped'],
  waiting: ['clock', 'calm', 'Waiting'],
  present: ['dash', 'calm', 'Present'],
  began: ['spark', 'busy', 'Began'],
  downloaded: ['down', 'busy', 'Downloaded'],
  activated: ['play', 'busy', 'Activated'],
  healthy: ['check', 'good', 'Healthy'],
  failed: ['cross', 'bad', 'Failed'],
  returned: ['back', 'warn', 'Returned'],
  silent: ['quiet', 'calm', 'Silent'],
  ok: ['check', 'good', 'Ok'],
  warn: ['alert', 'warn', 'Warning'],
  fail: ['cross', 'bad', 'Fails'],
  unknown: ['dash', 'calm', 'Not known'],
}

export function State({ of, code }: { of: string; code?: string | undefined }) {
  const [icon, tone, word] = STATES[of] ?? ['dash', 'calm', of]
  return (
    <span class={`state ${tone}`}>
      <Icon name={icon} />
      {word}
      {code !== undefined && <code>{code}</code>}
    </span>
  )
}
