import { createHash, hash } from 'node:crypto'

/** An incremental SHA-256 (FIPS 180-4). */
export interface Sha256 {
  update(bytes: Uint8Array): void
  /** Lower-case hex; the hash is used up. */
  hex(): string
}

export function sha256(): Sha256 {
  const state = createHash('sha256')
  return {
    update: (bytes) => {
      state.update(bytes)
    },
    hex: () => state.digest('hex'),
  }
}

/** SHA-256 of one array, in lower-case hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex')
}
