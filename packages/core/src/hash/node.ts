/** An incremental SHA-256 (FIPS 180-4). */
export interface Sha256 {
  update(bytes: Uint8Array): void
  /** Lower-case hex; the hash is used up. */
  hex(): string
}

// Loaded at the first hash: node:crypto alone would make up a third of the time that importing this package takes.
let loaded: typeof import('node:crypto') | undefined
function crypto(): typeof import('node:crypto') {
  loaded ??= process.getBuiltinModule('node:crypto')
  return loaded
}

export function sha256(): Sha256 {
  const state = crypto().createHash('sha256')
  return {
    update: (bytes) => {
      state.update(bytes)
    },
    hex: () => state.digest('hex'),
  }
}

/** SHA-256 of one array, in lower-case hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return crypto().hash('sha256', bytes, 'hex')
}
