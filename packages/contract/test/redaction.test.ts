import { inspect } from 'node:util'
import { findLeaks, type RedactionSubject, redactionContract } from '@resultkit/contract'
import { type Codec, memoryResult, Result } from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import { toyCodec, toyEncryption } from './codecs.ts'

const printers = [(subject: unknown) => inspect(subject, { depth: 9, showHidden: true })]

function subject(result: Result, secrets: Record<string, string> = {}): () => RedactionSubject {
  return () => ({ result, secrets, printers })
}

const subjects: Record<string, () => RedactionSubject> = {
  'memoryResult()': subject(memoryResult()),
  'a compression': subject(memoryResult({ codecs: [toyCodec()] })),
}

for (const [name, open] of Object.entries(subjects))
  describe(name, () => {
    for (const contractCase of redactionContract) test(contractCase.name, () => contractCase.run({ open }))
  })

describe('findLeaks', () => {
  const secrets = { token: 'a-secret-token' }

  test.each([
    ['text', 'see a-secret-token'],
    ['hex', Buffer.from('xa-secret-tokeny').toString('hex')],
    ['base64', Buffer.from('a-secret-tokeny').toString('base64')],
    ['base64 at 1', Buffer.from('xa-secret-tokeny').toString('base64')],
    ['base64url at 2', Buffer.from('xxa-secret-tokeny').toString('base64url')],
    ['numbers', { inner: { key: new Uint8Array(Buffer.from('a-secret-token')) } }],
    ['an error', new Error('x', { cause: { url: 'https://a-secret-token' } })],
    ['bytes', Buffer.from('..a-secret-token..')],
    ['a hidden member', Object.defineProperty({}, 'hidden', { value: 'a-secret-token' })],
  ])('finds %s', (_, leaking) => {
    expect(findLeaks(leaking, secrets, printers)).not.toEqual([])
  })

  test('finds nothing in what shows nothing', () => {
    expect(findLeaks({ a: 'secret-token', b: 'a-secret', c: [1, 2, 3] }, secrets, printers)).toEqual([])
  })
})

interface Mutant {
  readonly open: () => RedactionSubject
  readonly caughtBy: string
}

class Faulty extends Result {
  override with(options: object): never {
    return new (this.constructor as new (options: object) => Faulty)({ ...this.options, ...options }) as never
  }
  readonly options: object
  constructor(options: object = {}) {
    super(options)
    this.options = options
  }
}

const quoting = (code: 'decode' | 'encode'): Codec => ({
  ...toyCodec(),
  [code]: (bytes: Uint8Array) => {
    throw new Error(`bad bytes: ${new TextDecoder().decode(bytes)}`)
  },
})

describe('a Result that leaks is found out', () => {
  const mutants: Record<string, Mutant> = {
    'errors quote the key': {
      caughtBy: 'redaction: errors of reading',
      open: subject(
        new (class extends Faulty {
          override async read(...given: Parameters<Result['read']>): Promise<unknown> {
            return super.read(...given).catch(() => {
              throw new Error(`cannot read ${given[0]}`)
            })
          }
        })(),
      ),
    },
    'an outage shows its cause': {
      caughtBy: 'redaction: errors of a storage that is away',
      open: subject(
        new (class extends Faulty {
          override async find(...given: Parameters<Result['find']>): ReturnType<Result['find']> {
            return super.find(...given).catch((error: Error) => {
              throw new Error('cannot find', { cause: error.cause })
            })
          }
        })(),
      ),
    },
    'an encryption that leaves the value in clear': {
      caughtBy: 'redaction: sealed references and encrypted records',
      open: subject(
        memoryResult({ codecs: [{ ...toyEncryption(), encode: (bytes) => bytes, encodeStream: (bytes) => bytes }] }),
      ),
    },
    'a Result that carries its key': {
      caughtBy: 'redaction: the Result itself',
      open: subject(Object.assign(memoryResult(), { key: 'a-secret-key' }), { key: 'a-secret-key' }),
    },
  }

  for (const [fault, { open, caughtBy }] of Object.entries(mutants))
    test(fault, async () => {
      const found = redactionContract.find((contractCase) => contractCase.name === caughtBy)
      await expect(found?.run({ open })).rejects.toThrow(/^promised: .+shows no secret; happened: ./s)
    })

  test('a codec of a stranger may quote what it likes', async () => {
    const result = memoryResult({ codecs: [quoting('encode')] })
    const error: unknown = await result.write({ text: 'a-secret-text' }, 'a').catch((thrown: unknown) => thrown)
    expect(findLeaks(error, { value: 'a-secret-text' }, printers)).toEqual([])
  })
})
