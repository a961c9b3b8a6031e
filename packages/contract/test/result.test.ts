import { resultContract } from '@resultkit/contract'
import { memoryResult, type Result } from '@resultkit/core'
import { describe, test } from 'vitest'
import { toyCodec, toyEncryption } from './codecs.ts'

const results: Record<string, () => Result> = {
  'memoryResult()': () => memoryResult(),
  'memoryResult() with a compression': () => memoryResult({ codecs: [toyCodec()] }),
  'memoryResult() with an encryption': () => memoryResult({ codecs: [toyEncryption()] }),
  'memoryResult() with both': () => memoryResult({ codecs: [toyCodec(), toyEncryption()] }),
}

for (const [name, open] of Object.entries(results))
  describe(name, () => {
    for (const contractCase of resultContract) test(contractCase.name, () => contractCase.run({ open }))
  })
