/** Every bound of the peer, in one place. Units stand last in the names. */
export const LIMITS = {} as const
