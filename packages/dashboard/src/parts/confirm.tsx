import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { ApiError } from '../api.ts'
import type { ErrorAnswer } from '@shoal/tracker/api'
import { Problem } from './page.tsx'

export interface Confirmation {
  title: string
  /** What will happen, to whom. */
  children: ComponentChildren
  /** What must be typed before it can be done. */
  phrase: string
  action: string
  isDangerous?: boolean
  /** @throws ApiError */
  run: () => Promise<void>
  onClose: () => void
}

/** Nothing that reaches a fleet happens by a slip: it must be spelled out. Afterwards the focus is where it was. */
export function Confirm({ title, children, phrase, action, isDangerous = false, run, onClose }: Confirmation) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [typed, setTyped] = useState('')
  const [error, setError] = useState<ErrorAnswer>()
  const [isBusy, setBusy] = useState(false)
  const id = useId()
  const matches = typed.trim() === phrase

  useEffect(() => dialog.current?.showModal(), [])

  async function submit(event: Event): Promise<void> {
    event.preventDefault()
    if (!matches || isBusy) return
    setBusy(true)
    try {
      await run()
      // As by Escape: the browser gives the focus back to what had it.
      dialog.current?.close()
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure
      setError(failure.answer)
      setBusy(false)
    }
  }

  return (
    <dialog ref={dialog} aria-labelledby={`${id}-title`} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id={`${id}-title`}>{title}</h2>
        {children}
        <label for={`${id}-phrase`}>
          Type <code>{phrase}</code> to go on
        </label>
        <input
          id={`${id}-phrase`}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
        />
        {error !== undefined && <Problem error={error} />}
        <div class="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class={isDangerous ? 'danger' : 'primary'} disabled={!matches}>
            {action}
          </button>
        </div>
      </form>
    </dialog>
  )
}
