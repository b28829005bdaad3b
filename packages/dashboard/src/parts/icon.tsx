/** Drawn by hand on a grid of 16, as strokes. Always beside a word, so hidden from screen readers. */
const PATHS = {
  check: 'M3 8.5l3.2 3.2L13 4.9',
  cross: 'M4 4l8 8M12 4l-8 8',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.5l7 4.5-7 4.5z',
  stop: 'M5.3 2.5h5.4l2.8 2.8v5.4l-2.8 2.8H5.3l-2.8-2.8V5.3zM8 5.2v3.4M8 10.7v.1',
  clock: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5v3.2l2 1.3',
  down: 'M8 2.5v8M4.5 7.5L8 11l3.5-3.5M3 13.5h10',
  back: 'M6 3.5L2.5 7 6 10.5M2.5 7h7a4 4 0 0 1 0 6.5H7',
  dash: 'M3.5 8h9',
  spark: 'M8 2.5v3M8 10.5v3M2.5 8h3M10.5 8h3M4.1 4.1l2 2M9.9 9.9l2 2M4.1 11.9l2-2M9.9 6.1l2-2',
  alert: 'M8 2.5l6 10.8H2zM8 6.5v3M8 11.4v.1',
  quiet: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM4.2 4.2l7.6 7.6',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}
