import { isResultError, type Key, ResultError } from '@resultkit/core'
import { bytesOf, CALL, faulty, type Mutant, pause } from './kit.ts'

export const writesMutants: Readonly<Record<string, Mutant>> = {
  'what a body throws is taken for an outage': {
    caughtBy: ['atomicity: a stream that throws midway stores nothing, and its error comes out'],
    open: faulty((inner) => ({
      write: async (key, body, options) => {
        const stop = (cause: unknown): never => {
          if (isResultError(cause) && cause.code === 'ABORTED') throw cause
          throw new ResultError({ code: 'UNAVAILABLE', operation: 'write', message: 'It failed.', cause })
        }
        return typeof body === 'function'
          ? inner.write(key, body, options).catch(stop)
          : inner.write(key, body, options)
      },
    })),
  },
  'a write shows half of its bytes first': {
    caughtBy: ['atomicity: concurrent readers see whole values during overwrites'],
    open: faulty((inner) => ({
      write: async (key, body, options) => {
        const bytes = await bytesOf(body)
        if (!options.ifAbsent && options.ifMatch === undefined && options.size === undefined && !options.signal) {
          await inner.write(key, bytes.subarray(0, bytes.byteLength >> 1), options)
          await pause()
        }
        return inner.write(key, bytes, options)
      },
    })),
  },
  'a write deletes the old value first': {
    caughtBy: [
      'atomicity: concurrent readers see whole values during overwrites',
      'atomicity: the old value is visible halfway through an overwrite',
    ],
    open: faulty((inner) => ({
      write: async (key, body, options) => {
        if (!options.ifAbsent && options.ifMatch === undefined && !options.signal) {
          await inner.delete(key, { ...CALL, ifMatch: undefined })
          await pause()
        }
        return inner.write(key, body, options)
      },
    })),
  },
  'a stream is appended piece by piece': {
    caughtBy: [
      'atomicity: nothing is visible halfway through a first write',
      'atomicity: the old value is visible halfway through an overwrite',
    ],
    open: faulty((inner) => ({
      write: async (key, body, options) => {
        if (typeof body !== 'function' || options.ifAbsent || options.ifMatch !== undefined)
          return inner.write(key, body, options)
        const parts: Uint8Array[] = []
        for await (const part of body()) {
          parts.push(part)
          await inner.write(key, parts, { ...options, size: undefined })
        }
        return inner.write(key, parts, options)
      },
    })),
  },
  'a stream that throws is stored as far as it came': {
    caughtBy: [
      'atomicity: a stream that throws midway stores nothing, and its error comes out',
      'atomicity: a stream that throws at once stores nothing, and its error comes out',
    ],
    open: faulty((inner) => ({
      write: (key, body, options) =>
        inner.write(
          key,
          typeof body === 'function'
            ? async function* () {
                try {
                  yield* body()
                } catch {}
              }
            : body,
          options,
        ),
    })),
  },
  'a stream that throws loses its error': {
    caughtBy: [
      'atomicity: a stream that throws midway stores nothing, and its error comes out',
      'atomicity: a stream that throws at once stores nothing, and its error comes out',
    ],
    open: faulty((inner) => ({
      write: async (key, body, options) => {
        try {
          return await inner.write(key, body, options)
        } catch (error) {
          if ((error as { code?: string }).code) throw error
          throw new Error('upload failed')
        }
      },
    })),
  },
  'a stream is asked twice': {
    caughtBy: ['write: the body function is asked once'],
    open: faulty((inner) => ({
      write: async (key, body, options) => {
        if (typeof body === 'function') await body()[Symbol.asyncIterator]().return?.()
        return inner.write(key, body, options)
      },
    })),
  },
  'a temporary object is listed during a write': {
    caughtBy: [
      'atomicity: nothing is visible halfway through a first write',
      'atomicity: the old value is visible halfway through an overwrite',
    ],
    open: faulty((inner) => ({
      write: async (key, body, options) => {
        if (typeof body !== 'function' || options.signal?.aborted) return inner.write(key, body, options)
        const temporary = `${key}.tmp` as Key
        await inner.write(temporary, new Uint8Array(1), {
          ...options,
          ifAbsent: false,
          ifMatch: undefined,
          size: undefined,
        })
        const stat = await inner.write(key, body, options)
        await inner.delete(temporary, { ...CALL, ifMatch: undefined })
        return stat
      },
    })),
  },
  'a wrong size is accepted': {
    caughtBy: [
      'write: a stream of another size than announced fails and stores nothing',
      'errors: a wrong size has key and storage',
    ],
    open: faulty((inner) => ({
      write: (key, body, options) => inner.write(key, body, { ...options, size: undefined }),
    })),
  },
  'the whole buffer of a view is stored': {
    caughtBy: [
      'round trip: a view into a larger buffer stores the view alone',
      'ifMatch (bytes): replaces the current version',
    ],
    open: faulty((inner) => ({
      write: (key, body, options) =>
        inner.write(key, body instanceof Uint8Array ? new Uint8Array(body.buffer) : body, options),
    })),
  },
  'empty pieces end a stream': {
    caughtBy: ['round trip: every awkward size, as a stream of odd pieces, some of them empty'],
    open: faulty((inner) => ({
      write: (key, body, options) =>
        inner.write(
          key,
          typeof body === 'function'
            ? async function* () {
                for await (const part of body()) {
                  if (part.byteLength === 0) return
                  yield part
                }
              }
            : body,
          options,
        ),
    })),
  },
}
