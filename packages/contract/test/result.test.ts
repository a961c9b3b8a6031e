import { resultContract } from '@resultkit/contract'
import { memoryResult, memoryStorage, Result } from '@resultkit/core'
import { describe, expect, test } from 'vitest'
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

interface Mutant {
  readonly caughtBy: string
  readonly make: () => Result
}

class Faulty extends Result {
  constructor() {
    super({ storage: memoryStorage() })
  }
}

const mutants: Record<string, Mutant> = {
  'falsy values are misses': {
    caughtBy: 'basics: null, false, 0 and empty values are hits',
    make: () =>
      new (class extends Faulty {
        override async find(...args: Parameters<Result['find']>): ReturnType<Result['find']> {
          const found = await super.find(...args)
          return found.status === 'hit' && !found.value ? { status: 'miss' } : found
        }
      })(),
  },
  'ifAbsent looks first and writes then': {
    caughtBy: 'conditions: of concurrent writers with ifAbsent one wins',
    make: () =>
      new (class extends Faulty {
        override async write(...[value, at, options]: Parameters<Result['write']>): ReturnType<Result['write']> {
          const found = options?.ifAbsent && (await this.exists(at as string))
          return super.write(value, at, { ...options, ifAbsent: found })
        }
      })(),
  },
  'a reference is taken for its key': {
    caughtBy: 'reference: a replaced value is REPLACED',
    make: () =>
      new (class extends Faulty {
        override read(...[at, options]: Parameters<Result['read']>): ReturnType<Result['read']> {
          return super.read(at, { ...options, allowReplaced: true })
        }
      })(),
  },
  'a reference is not plain': {
    caughtBy: 'reference: plain JSON that survives every queue',
    make: () =>
      new (class extends Faulty {
        override async write(...args: Parameters<Result['write']>): ReturnType<Result['write']> {
          return { ...(await super.write(...args)), at: new Date() } as never
        }
      })(),
  },
  'the signal is ignored': {
    caughtBy: 'abort: ABORTED, and nothing changes',
    make: () =>
      new (class extends Faulty {
        override find(...[at, options]: Parameters<Result['find']>): ReturnType<Result['find']> {
          return super.find(at, { ...options, signal: undefined })
        }
      })(),
  },
  'a value is serialized late': {
    caughtBy: 'basics: the stored value does not follow later changes',
    make: () =>
      new (class extends Faulty {
        override async write(...args: Parameters<Result['write']>): ReturnType<Result['write']> {
          await Promise.resolve()
          return super.write(...args)
        }
      })(),
  },
}

describe('a Result with a fault is found out', () => {
  for (const [fault, { make, caughtBy }] of Object.entries(mutants))
    test(fault, async () => {
      const found = resultContract.find((contractCase) => contractCase.name === caughtBy)
      await expect(found?.run({ open: make })).rejects.toThrow(/^promised: .+; happened: ./s)
    })
})
