import { applies, codecContract, unmetRequirements } from '@resultkit/contract'
import { type Codec, collectBytes } from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import { toyCodec, toyEncryption } from './codecs.ts'

const codecs: Record<string, () => Codec> = { 'a compression': toyCodec, 'an encryption': toyEncryption }

for (const [name, open] of Object.entries(codecs))
  describe(name, () => {
    for (const contractCase of codecContract)
      test(contractCase.name, async ({ skip }) => {
        const codec = open()
        if (!applies(contractCase, codec)) skip(`unsupported: ${unmetRequirements(contractCase, codec)}`)
        await contractCase.run({ open: () => codec })
      })
  })

function changed(change: (inner: Codec) => Partial<Codec>): () => Codec {
  return () => {
    const inner = toyCodec()
    return { ...inner, ...change(inner) }
  }
}

interface Mutant {
  readonly open: () => Codec
  readonly caughtBy: string
}

const mutants: Record<string, Mutant> = {
  'nothing is verified': {
    caughtBy: 'damage: a flipped bit never gives another value',
    open: () => toyCodec({ verify: false }),
  },
  'a truncated stream ends normally': {
    caughtBy: 'damage: a truncated stream never ends normally',
    open: () => toyCodec({ needsEnd: false }),
  },
  'what follows the end is ignored': {
    caughtBy: 'damage: an extended payload is refused',
    open: () => toyCodec({ allowsMore: true }),
  },
  'maxBytes is ignored': {
    caughtBy: 'maxBytes: one decoded byte too many is TOO_LARGE',
    open: () => toyCodec({ limits: false }),
  },
  'maxBytes is looked at when all is there': {
    caughtBy: 'maxBytes: a stream gives no more than that',
    open: changed((inner) => ({
      async *decodeStream(bytes, context) {
        let given = 0
        for await (const piece of inner.decodeStream(bytes, { ...context, maxBytes: undefined })) {
          given += piece.byteLength
          yield piece
        }
        if (given > (context.maxBytes ?? given))
          await inner.decode(inner.encode(new Uint8Array(2), context) as Uint8Array, { ...context, maxBytes: 1 })
      },
    })),
  },
  'a stream is collected first': {
    caughtBy: 'streams: a consumer that leaves encodeStream early makes it leave its source',
    open: changed((inner) => ({
      async *encodeStream(bytes, context) {
        yield await inner.encode(await collectBytes(bytes), context)
      },
    })),
  },
  'the source is never left': {
    caughtBy: 'streams: a consumer that leaves decodeStream early makes it leave its source',
    open: changed((inner) => ({
      decodeStream(bytes, context) {
        const source = bytes[Symbol.asyncIterator]()
        return inner.decodeStream({ [Symbol.asyncIterator]: () => ({ next: () => source.next() }) }, context)
      },
    })),
  },
  'a source that fails ends the stream': {
    caughtBy: 'streams: a source that fails makes the stream fail',
    open: changed((inner) => ({
      async *encodeStream(bytes, context) {
        const quiet = async function* (): AsyncGenerator<Uint8Array> {
          try {
            yield* bytes
          } catch {}
        }
        yield* inner.encodeStream(quiet(), context)
      },
    })),
  },
  'the input is overwritten': {
    caughtBy: 'input: stays as it is',
    open: changed((inner) => ({
      async encode(bytes, context) {
        const encoded = await inner.encode(bytes, context)
        bytes.fill(0)
        return encoded
      },
    })),
  },
  'streams have another format': {
    caughtBy: 'round trip: encoded whole and decoded as a stream, and the other way',
    open: changed((inner) => ({
      async *encodeStream(bytes, context) {
        yield Uint8Array.of(1)
        yield* inner.encodeStream(bytes, context)
      },
      async *decodeStream(bytes, context) {
        const all = await collectBytes(bytes)
        yield* inner.decodeStream(
          (async function* () {
            yield all.subarray(1)
          })(),
          context,
        )
      },
    })),
  },
  'errors are untyped': {
    caughtBy: 'damage: what was never encoded is refused',
    open: changed((inner) => ({
      async decode(bytes, context) {
        try {
          return await inner.decode(bytes, context)
        } catch {
          throw new RangeError('Z_DATA_ERROR')
        }
      },
    })),
  },
  'compression is different each time': {
    caughtBy: 'output: compression gives equal bytes for equal bytes',
    open: () => ({ ...toyEncryption(), kind: 'compression' }),
  },
  'encryption is the same each time': {
    caughtBy: 'output: encryption gives other bytes each time',
    open: () => toyCodec({ kind: 'encryption' }),
  },
  'encryption binds nothing': {
    caughtBy: 'damage: a payload under another key or header is refused',
    open: () => toyEncryption(false),
  },
  'encryption leaves small payloads out': {
    caughtBy: 'members: encryption has minBytes 0',
    open: () => ({ ...toyEncryption(), minBytes: 1024 }),
  },
  'a pin is random': {
    caughtBy: 'pin: undefined or 32 bytes that stay the same',
    open: changed(() => ({ pin: () => crypto.getRandomValues(new Uint8Array(32)) })),
  },
  'a range is one byte off': {
    caughtBy: 'range: the slice that the whole would give',
    open: changed((inner) => ({
      range: inner.range && {
        decodeRange: (source, { start, end }, context) =>
          inner.range?.decodeRange(source, { start, end: end === undefined ? end : end + 1 }, context) ??
          (source as never),
      },
    })),
  },
}

describe('a codec with a fault is found out', () => {
  for (const [fault, { open, caughtBy }] of Object.entries(mutants))
    test(fault, async () => {
      const found = codecContract.find((contractCase) => contractCase.name === caughtBy)
      await expect(found?.run({ open })).rejects.toThrow(/^promised: .+; happened: ./s)
    })
})
