import { isResultError } from '@resultkit/core'
import { failure } from './failure.ts'

/** What argon2id is asked for (RFC 9106). One lane, which is what every implementation offers. */
export interface Argon2Cost {
  /** Bytes of memory, a multiple of 1,024. */
  readonly memory: number
  /** Passes over that memory. */
  readonly passes: number
}

type NodeCrypto = typeof import('node:crypto')

/**
 * argon2id, version 1.3, one lane: 32 bytes. UNSUPPORTED where neither Node nor libsodium's larger build can, UNAVAILABLE
 * where the memory cannot be had.
 */
export async function argon2id(passphrase: Uint8Array, salt: Uint8Array, cost: Argon2Cost): Promise<Uint8Array> {
  const node = nodeCrypto()
  try {
    return await (node === undefined ? withSodium(passphrase, salt, cost) : withNode(node, passphrase, salt, cost))
  } catch (cause) {
    throw isResultError(cause) ? cause : outOfMemory(cause)
  }
}

function outOfMemory(cause: unknown): Error {
  const message =
    'argon2id did not get the memory that the passphrase costs. Free some, or give maxMemory, which refuses keys that ask for more.'
  return failure('UNAVAILABLE', 'derive key', message, cause, true)
}

/** Node has argon2 since version 24. */
function nodeCrypto(): NodeCrypto | undefined {
  const module = globalThis.process?.getBuiltinModule?.('node:crypto')
  return typeof module?.argon2 === 'function' ? module : undefined
}

/** In the thread pool. Node counts memory in KiB. */
function withNode(
  node: NodeCrypto,
  passphrase: Uint8Array,
  salt: Uint8Array,
  { memory, passes }: Argon2Cost,
): Promise<Uint8Array> {
  const parameters = { message: passphrase, nonce: salt, parallelism: 1, tagLength: 32, memory: memory / 1024, passes }
  return new Promise((resolve, reject) => {
    node.argon2('argon2id', parameters, (error, derived) => {
      if (error === null) resolve(new Uint8Array(derived))
      else reject(error)
    })
  })
}

/** In this thread. libsodium counts memory in bytes. */
export async function withSodium(
  passphrase: Uint8Array,
  salt: Uint8Array,
  { memory, passes }: Argon2Cost,
): Promise<Uint8Array> {
  const { default: sodium } = await loadSumo()
  await sodium.ready
  return sodium.crypto_pwhash(32, passphrase, salt, passes, memory, sodium.crypto_pwhash_ALG_ARGON2ID13)
}

async function loadSumo(): Promise<typeof import('libsodium-wrappers-sumo')> {
  try {
    return await import('libsodium-wrappers-sumo')
  } catch (cause) {
    const message =
      'A passphrase needs argon2id, which this runtime does not have. Install the package libsodium-wrappers-sumo, or use Node 24 or newer.'
    throw failure('UNSUPPORTED', 'derive key', message, cause)
  }
}
