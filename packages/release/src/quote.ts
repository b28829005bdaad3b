/** Text from elsewhere, for an error message: bounded, on one line, with control characters made visible. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)
}
