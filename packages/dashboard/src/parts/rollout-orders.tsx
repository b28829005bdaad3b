/** What can be done to a rollout, by whom; each says what it does to how many devices before it is done. */
import type { RolloutOrder, RolloutView } from '@shoal/tracker/api'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { ask, may } from '../api.ts'
import { plural } from '../format.ts'
import { Confirm } from './confirm.tsx'
import { Icon, type IconName } from './icon.tsx'

/** Rings are edited at the command line. */
type ButtonOrder = Exclude<RolloutOrder, { do: 'edit' }>
type Verb = ButtonOrder['do']

const BUTTONS: Record<Verb, readonly [icon: IconName, word: string]> = {
  promote: ['play', 'Promote'],
  pause: ['pause', 'Pause'],
  resume: ['play', 'Resume'],
  halt: ['stop', 'Halt'],
}
const VERBS = ['promote', 'resume', 'pause', 'halt'] as const

/** @param onOrder gets the rollout as it is since */
export function RolloutOrders({ view, onOrder }: { view: RolloutView; onOrder: (view: RolloutView) => void }) {
  const [asked, setAsked] = useState<Verb>()
  const [done, setDone] = useState('')
  const said = useRef<HTMLParagraphElement>(null)
  useEffect(() => {
    // What had the focus is gone with what it did, which is a pause of what is paused: on to what is said about it.
    if (asked === undefined && done !== '' && document.activeElement === document.body) said.current?.focus()
  }, [asked])
  if (!may('operator')) {
    if (view.orders.length === 0) return null
    return <p class="muted">Your token has the role viewer: rollouts are changed by operators and publishers.</p>
  }
  async function order(body: ButtonOrder): Promise<void> {
    const path = `/rollouts/${encodeURIComponent(view.rollout.id)}/orders`
    onOrder(await ask<RolloutView>(path, { method: 'POST', body }))
    setDone(`${BUTTONS[body.do][1]}: done.`)
  }
  return (
    <div class="orders">
      {VERBS.filter((verb) => view.orders.includes(verb)).map((verb) => (
        <button key={verb} type="button" class={verb === 'halt' ? 'danger' : ''} onClick={() => setAsked(verb)}>
          <Icon name={BUTTONS[verb][0]} />
          {BUTTONS[verb][1]}…
        </button>
      ))}
      <p ref={said} role="status" tabIndex={-1}>
        {done}
      </p>
      {asked !== undefined && <Asked verb={asked} view={view} order={order} onClose={() => setAsked(undefined)} />}
    </div>
  )
}

function Asked(props: {
  verb: Verb
  view: RolloutView
  order: (order: ButtonOrder) => Promise<void>
  onClose: () => void
}) {
  const { verb, view, order, onClose } = props
  const [returns, setReturns] = useState(view.rollout.returns && view.rollout.base !== undefined)
  const { product, version, base } = view.rollout
  const what = `${product} ${version}`
  const dialog = { phrase: `${verb} ${version}`, action: BUTTONS[verb][1], onClose }
  switch (verb) {
    case 'pause':
      return (
        <Confirm {...dialog} title={`Pause ${what}?`} run={() => order({ do: verb })}>
          <p>No further device begins, and no ring opens, until it is resumed. Devices that have it keep it.</p>
        </Confirm>
      )
    case 'resume':
      return (
        <Confirm {...dialog} title={`Resume ${what}?`} run={() => order({ do: verb })}>
          <p>It goes on where it was paused. Until now {reached(view)}.</p>
        </Confirm>
      )
    case 'promote':
      return (
        <Confirm {...dialog} title={`Promote ${what}?`} run={() => order({ do: verb })}>
          <p>{promotion(view)}</p>
        </Confirm>
      )
    case 'halt':
      return (
        <Confirm {...dialog} title={`Halt ${what}?`} isDangerous run={() => order({ do: verb, returns })}>
          <p>It ends here for good: no further device begins. Until now {reached(view)}.</p>
          {base !== undefined && (
            <label class="choice">
              <input type="checkbox" checked={returns} onChange={(event) => setReturns(event.currentTarget.checked)} />
              Devices that have it go back to {base}
            </label>
          )}
        </Confirm>
      )
  }
}

function reached({ rings }: RolloutView): string {
  const began = rings.reduce((sum, ring) => sum + ring.began, 0)
  return `${plural(began, 'device')} ${began === 1 ? 'has' : 'have'} begun`
}

function promotion({ rings, gate }: RolloutView): ComponentChildren {
  const open = rings.findLast((ring) => ring.state !== 'waiting')
  const next = rings.find((ring) => ring.state === 'waiting')
  const missing = gate.filter(({ holds }) => !holds).length
  const despite =
    missing === 0
      ? ''
      : ` although ${plural(missing, 'condition')} of its gate ${missing === 1 ? 'does' : 'do'} not hold`
  return next === undefined
    ? `Ring ${open?.name ?? ''} passes${despite}, and the rollout is completed.`
    : `Ring ${open?.name ?? ''} passes${despite}, and ring ${next.name} opens: ${plural(next.target, 'device')}.`
}
