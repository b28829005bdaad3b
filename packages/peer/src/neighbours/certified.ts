import type { Hello } from '../links/index.ts'

/** What a credential says of its holder. */
export interface Certified {
  site: string
  role: string
}

/** Whether a member says of itself what its credential says; a tracker that also takes part does so as a device. */
export function isAsCertified({ site, role }: Hello, credential: Certified | undefined): boolean {
  if (credential === undefined) return false
  return credential.site === site && (credential.role === 'cache' ? 'cache' : 'device') === role
}
