/** Exit codes of every program; documented for operators, so a number never changes its meaning. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  partial: 3,
  refused: 4,
  verification: 5,
  notFound: 6,
  notAllowed: 7,
  conflict: 8,
  timeout: 9,
  unreachable: 10,
  interrupted: 130,
} as const
