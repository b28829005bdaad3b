import { createProgress, formatBytes, type Output, type Progress } from '@shoal/cli'
import type { PublishEvent } from '../publish/options.ts'

type Phase = 'scan' | 'chunk' | 'upload' | 'verify' | 'sign'

/** Shows a publish as it goes: a line a phase for people, a record a phase for programs. */
export function createPublishReport(output: Output): (event: PublishEvent) => void {
  const startedAt = performance.now()
  const lines = new Map<Phase, Progress>()
  const rate = createRate()

  const line = (phase: Phase): Progress => {
    const open = lines.get(phase) ?? createProgress(output, phase)
    lines.set(phase, open)
    return open
  }
  const end = (phase: Phase, text: string, facts: object): void => {
    line(phase).end(text)
    output.record('phase', { phase, ...facts, atMs: Math.round(performance.now() - startedAt) })
  }

  return (event) => {
    switch (event.phase) {
      case 'scan': {
        const { files, bytes } = event
        const text = `${files.toLocaleString('en')} files, ${formatBytes(bytes)}`
        if (event.ended) end('scan', text, { files, bytes })
        else line('scan').update({ done: 0, total: 0, text })
        return
      }
      case 'chunk':
        return line('chunk').update(rate('chunk', event))
      case 'stock': {
        const { chunks, newChunks, newBytes, reusedShare } = event
        return end('chunk', describeStock(event), { chunks, newChunks, newBytes, reusedShare })
      }
      case 'upload':
        return line('upload').update(rate('upload', event))
      case 'uploaded': {
        const { packs, uploadedBytes } = event
        const text =
          uploadedBytes === 0
            ? 'nothing: the origin has it all'
            : `${formatBytes(uploadedBytes)}, ${packs} ${packs === 1 ? 'pack' : 'packs'}`
        return end('upload', text, { packs, uploadedBytes })
      }
      case 'verify': {
        const { done, total } = event
        if (done < total) return line('verify').update({ done, total, text: `${done}/${total} chunks` })
        return end('verify', `fetched back ${total} random chunks: ok`, { chunks: total })
      }
      case 'sign': {
        const { role, keyIds, counter, isNew } = event
        const keys = keyIds.map((id) => id.slice(0, 12)).join(', ')
        const text = isNew ? `${role}, counter ${counter}, key ${keys}` : `${role}, counter ${counter} (signed before)`
        return end('sign', text, { role, keyIds, counter, isNew })
      }
      case 'warning':
        return output.note(`warn    ${event.message}`)
    }
  }
}

function describeStock(event: PublishEvent & { phase: 'stock' }): string {
  const { chunks, newBytes, reusedShare, previousVersion } = event
  const reused =
    reusedShare > 0
      ? ` (${(reusedShare * 100).toFixed(1)}% reused${previousVersion === undefined ? '' : ` vs ${previousVersion}`})`
      : ''
  return `${chunks.toLocaleString('en')} chunks, ${formatBytes(newBytes)} new${reused}`
}

/** Progress of bytes, with the mean rate of its phase. */
function createRate(): (
  phase: Phase,
  state: { doneBytes: number; totalBytes: number },
) => { done: number; total: number; text: string } {
  const begun = new Map<Phase, number>()
  return (phase, { doneBytes, totalBytes }) => {
    const startedAt = begun.get(phase) ?? performance.now()
    begun.set(phase, startedAt)
    const seconds = (performance.now() - startedAt) / 1000
    const speed = seconds > 0.2 ? `, ${formatBytes(doneBytes / seconds)}/s` : ''
    return { done: doneBytes, total: totalBytes, text: `${formatBytes(doneBytes)}/${formatBytes(totalBytes)}${speed}` }
  }
}
