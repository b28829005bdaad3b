const UNITS = { '': 1, k: 1e3, m: 1e6, g: 1e9 } as const

/** `50Mbit` → 50,000,000 bits a second. */
export function parseRate(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([kmg]?)bit$/i.exec(text) ?? []
  if (number === '') throw new Error(`'${text}' is not a rate; write it like 50Mbit`)
  return Number(number) * UNITS[unit.toLowerCase() as keyof typeof UNITS]
}
