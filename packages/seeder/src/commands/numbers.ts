import { usageError } from '@shoal/cli'

export function numberBetween(min: number, max: number, name: string): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= min && value <= max) return value
    throw usageError(
      `${name} '${text}' is not a number from ${min} to ${max}`,
      `write ${name} ${min} to ${name} ${max}`,
    )
  }
}
