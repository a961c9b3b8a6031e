import { collectBytes, resolveRange } from '@resultkit/core'
import { faulty, type Mutant, READ, reading } from './kit.ts'

export const readsMutants: Readonly<Record<string, Mutant>> = {
  'ranges are ignored': {
    caughtBy: ['ranges: first, middle, last, suffix and beyond the end, as bytes'],
    open: faulty((inner) => ({
      read: (key, options) => inner.read(key, { ...options, range: undefined }),
    })),
  },
  'the end of a range is inclusive': {
    caughtBy: ['ranges: first, middle, last, suffix and beyond the end, as bytes'],
    open: faulty((inner) => ({
      read: (key, options) => {
        const { range } = options
        if (range?.end === undefined) return inner.read(key, options)
        return inner.read(key, { ...options, range: { start: range.start, end: range.end + 1 } })
      },
    })),
  },
  'a suffix longer than the object is empty': {
    caughtBy: [
      'ranges: first, middle, last, suffix and beyond the end, as bytes',
      'ranges: first, middle, last, suffix and beyond the end, as a stream',
    ],
    open: faulty((inner) => ({
      read: async (key, options) => {
        const { range } = options
        const size = (await inner.stat(key, options))?.size ?? 0
        const tooLong = range !== undefined && range.start < -size
        return inner.read(key, tooLong ? { ...options, range: { start: size } } : options)
      },
    })),
  },
  'a range beyond the end is an error': {
    caughtBy: [
      'ranges: first, middle, last, suffix and beyond the end, as bytes',
      'ranges: first, middle, last, suffix and beyond the end, as a stream',
    ],
    open: faulty((inner) => ({
      read: async (key, options) => {
        const { range } = options
        const size = (await inner.stat(key, options))?.size ?? 0
        if (range !== undefined && range.start > 0 && range.start >= size) throw new Error('416')
        return inner.read(key, options)
      },
    })),
  },
  'a range is not applied to stream()': {
    caughtBy: ['ranges: first, middle, last, suffix and beyond the end, as a stream'],
    open: reading((_object, inner, key, options) => ({
      async *stream() {
        const whole = await inner.read(key, { ...options, range: undefined, maxBytes: undefined })
        if (whole) yield* whole.stream()
      },
    })),
  },
  'stat.size of a ranged read is that of the range': {
    caughtBy: [
      'ranges: first, middle, last, suffix and beyond the end, as bytes',
      'ranges: first, middle, last, suffix and beyond the end, as a stream',
    ],
    open: reading((object, _inner, _key, { range }) => {
      const { start, end } = resolveRange(range, object.stat.size)
      return { stat: { ...object.stat, size: end - start } }
    }),
  },
  'maxBytes is ignored': {
    caughtBy: ['maxBytes: one byte too many is TOO_LARGE', 'maxBytes: counts the bytes of the range'],
    open: faulty((inner) => ({
      read: (key, options) => inner.read(key, { ...options, maxBytes: undefined }),
    })),
  },
  'maxBytes is one too strict': {
    caughtBy: ['maxBytes: one byte too many is TOO_LARGE', 'maxBytes: counts the bytes of the range'],
    open: faulty((inner) => ({
      read: (key, options) =>
        inner.read(key, {
          ...options,
          maxBytes: options.maxBytes === undefined ? undefined : options.maxBytes - 1,
        }),
    })),
  },
  'maxBytes counts the whole object': {
    caughtBy: ['maxBytes: counts the bytes of the range'],
    open: faulty((inner) => ({
      read: async (key, options) => {
        const whole = await inner.read(key, { ...options, range: undefined })
        return whole && inner.read(key, options)
      },
    })),
  },
  '0 bytes are "absent"': {
    caughtBy: ['presence: an object of 0 bytes is there'],
    open: faulty((inner) => ({
      read: async (key, options) => {
        const object = await inner.read(key, options)
        return object?.stat.size === 0 ? undefined : object
      },
    })),
  },
  'a reader sees the new version midway': {
    caughtBy: [
      'streams: a reader keeps its version when the key is overwritten midway',
      'streams: a reader keeps its version when the key is deleted midway',
    ],
    open: reading((object, inner, key, options) => ({
      async *stream() {
        let at = 0
        for await (const piece of object.stream()) {
          if (at === 0) yield piece
          at += piece.byteLength
          break
        }
        const again = await inner.read(key, options)
        if (again) yield* rest(again.stream(), at)
      },
    })),
  },
  'what was opened is read when it is wanted': {
    caughtBy: ['streams: what was opened is one version, whatever happens before it is read'],
    open: reading((object, inner, key) => ({
      bytes: async () => (await inner.read(key, READ))?.bytes() ?? object.bytes(),
    })),
  },
  'a stream ends without its last piece': {
    caughtBy: ['round trip: a large stream of unknown length', 'streams: the pieces are the object'],
    open: reading((object) => ({
      async *stream() {
        let held: Uint8Array | undefined
        for await (const piece of object.stream()) {
          if (held) yield held
          held = piece
        }
      },
    })),
  },
  'a stream reuses one buffer': {
    caughtBy: ['ownership: the pieces of a stream stay as they are'],
    open: reading((object) => ({
      async *stream() {
        const buffer = new Uint8Array(64 * 1024)
        for await (const piece of object.stream()) {
          buffer.set(piece)
          yield buffer.subarray(0, piece.byteLength)
        }
      },
    })),
  },
  'an aborted stream ends normally': {
    caughtBy: ['abort: during a read'],
    open: reading((object) => ({
      async *stream() {
        try {
          yield* object.stream()
        } catch {}
      },
    })),
  },
}

async function* rest(stream: AsyncIterable<Uint8Array>, skip: number): AsyncGenerator<Uint8Array> {
  const bytes = await collectBytes(stream)
  yield bytes.subarray(skip)
}
