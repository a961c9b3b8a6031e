import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { KeyProvider } from '../src/index.ts'

/** A key service in memory, which counts what it is asked and fails when it is told to. */
export interface TestProvider extends KeyProvider {
  readonly calls: { readonly operation: 'wrap' | 'unwrap'; readonly binding: string }[]
  /** The next calls fail with this, until it is `undefined` again. */
  failure: unknown
}

/** AES-256-GCM under a key that never leaves it, with the binding as associated data: what a KMS does. */
export function testProvider(id: string, slotType: number = 128): TestProvider {
  const key = createHash('sha256').update(`key of ${id}`).digest()
  const calls: TestProvider['calls'] = []
  const provider: TestProvider = {
    id,
    slotType,
    calls,
    failure: undefined,
    async wrap(dataKey, { binding }) {
      calls.push({ operation: 'wrap', binding: Buffer.from(binding).toString('hex') })
      if (provider.failure !== undefined) throw provider.failure
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(binding)
      const encrypted = Buffer.concat([cipher.update(dataKey), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), encrypted])
    },
    async unwrap(wrapped, { binding }) {
      calls.push({ operation: 'unwrap', binding: Buffer.from(binding).toString('hex') })
      if (provider.failure !== undefined) throw provider.failure
      const decipher = createDecipheriv('aes-256-gcm', key, wrapped.subarray(0, 12)).setAAD(binding)
      decipher.setAuthTag(wrapped.subarray(12, 28))
      try {
        return Buffer.concat([decipher.update(wrapped.subarray(28)), decipher.final()])
      } catch {
        return undefined
      }
    },
  }
  return provider
}
