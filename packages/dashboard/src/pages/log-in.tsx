import type { ErrorAnswer } from '@shoal/tracker/api'
import { useEffect, useRef, useState } from 'preact/hooks'
import { ApiError, logIn } from '../api.ts'
import { valuesOf } from '../form.ts'
import { Problem } from '../parts/page.tsx'

export function LogInPage() {
  const [error, setError] = useState<ErrorAnswer>()
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  async function submit(event: Event): Promise<void> {
    event.preventDefault()
    try {
      await logIn(valuesOf(event)['token'] ?? '')
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure
      setError(failure.answer)
    }
  }
  return (
    <main class="log-in">
      <h1>
        <img src="/icon.svg" alt="" width="28" height="28" />
        shoal
      </h1>
      <form onSubmit={(event) => void submit(event)}>
        <label for="token">Token</label>
        <input ref={field} id="token" name="token" type="password" autocomplete="current-password" required />
        <button type="submit" class="primary">
          Log in
        </button>
        {error !== undefined && <Problem error={error} />}
      </form>
      <p class="muted">
        Tokens are made beside the tracker: <code>shoal-tracker token create NAME --role viewer</code>
      </p>
    </main>
  )
}
