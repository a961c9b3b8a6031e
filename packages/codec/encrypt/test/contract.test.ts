import { codecContract, unmetRequirements } from '@resultkit/contract'
import type { Codec } from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import { encrypt } from '../src/encrypt.ts'
import { engines, testCodec, testKeys } from './payload-kit.ts'

const CODECS: Readonly<Record<string, () => Promise<Codec> | Codec>> = {
  'chacha20-poly1305': () => encrypt({ keyring: testKeys() }),
  'chacha20-poly1305, padded': () => encrypt({ keyring: testKeys(), pad: true }),
  'aes-256-gcm': () => encrypt({ keyring: testKeys(), suite: 'aes-256-gcm' }),
  'chacha20-poly1305 on libsodium': async () => {
    const [, sodium] = await engines()
    if (sodium === undefined) throw new Error('There is no libsodium.')
    return testCodec({ engine: async () => sodium })
  },
}

describe.each(Object.entries(CODECS))('%s', (_, open) => {
  for (const contractCase of codecContract.filter(({ requires }) => !requires.includes('compression')))
    test(contractCase.name, async () => {
      expect(unmetRequirements(contractCase, await open())).toEqual([])
      await contractCase.run({ open })
    })
})
