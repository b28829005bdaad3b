/** What a site is called where it may have no name. */
export function siteName(site: string): string {
  return site === '' ? '(no name)' : site
}
