import { layerContract } from '@resultkit/contract'
import {
  collectBytes,
  type Key,
  type Layer,
  limit,
  prefix,
  ResultError,
  type ResultStorage,
  readOnly,
  restrict,
  retry,
  streamOf,
  timeout,
  trace,
} from '@resultkit/core'
import { describe, expect, test } from 'vitest'

const layers: Record<string, () => Layer> = {
  identity: () => (inner) => ({ ...inner }),
  limit: () => limit({ concurrency: 2 }),
  prefix: () => prefix('below/this'),
  readOnly: () => readOnly(),
  restrict: () => restrict({}),
  retry: () => retry(),
  timeout: () => timeout({ read: '1m', write: '1m', stat: '1m', delete: '1m', list: '1m' }),
  trace: () => trace(() => {}),
}

for (const [name, open] of Object.entries(layers))
  describe(name, () => {
    for (const contractCase of layerContract) test(contractCase.name, () => contractCase.run({ open }))
  })

function faulty(change: (inner: ResultStorage) => Partial<ResultStorage>): () => Layer {
  return () => (inner) => ({ ...inner, ...change(inner) })
}

interface Mutant {
  readonly caughtBy: string
  readonly open: () => Layer
}

const mutants: Record<string, Mutant> = {
  'a member is lost': {
    caughtBy: 'members: a plain, total object, made without I/O',
    open: () => (inner) => ({ ...inner, list: undefined }) as unknown as ResultStorage,
  },
  'the writeId of a stat is lost': {
    caughtBy: 'members: nothing is lost from objects and stats',
    open: faulty((inner) => ({
      stat: async (key, options) => {
        const { writeId: _, ...stat } = (await inner.stat(key, options)) ?? { writeId: '' }
        return 'key' in stat ? (stat as never) : undefined
      },
    })),
  },
  'the uri is another': { caughtBy: 'members: the uri is kept or extended', open: faulty(() => ({ uri: 'x://y' })) },
  'capabilities are made up': {
    caughtBy: 'members: capabilities are honest',
    open: faulty((inner) => ({ capabilities: { ...inner.capabilities, ifMatch: true } })),
  },
  'options are lost': {
    caughtBy: 'passing: every operation reaches the storage below with all of its options',
    open: faulty((inner) => ({ read: (key, options) => inner.read(key, { ...options, ifNoneMatch: undefined }) })),
  },
  'the condition of a read is lost': {
    caughtBy: 'passing: every operation reaches the storage below with all of its options',
    open: faulty((inner) => ({ read: (key, options) => inner.read(key, { ...options, ifMatch: undefined }) })),
  },
  'ifAbsent is lost': {
    caughtBy: 'passing: every operation reaches the storage below with all of its options',
    open: faulty((inner) => ({
      write: (key, body, options) => inner.write(key, body, { ...options, ifAbsent: false }),
    })),
  },
  'errors no longer say where they are from': {
    caughtBy: 'errors: those below come out with code and cause',
    open: faulty((inner) => ({
      stat: (key, options) =>
        inner.stat(key, options).catch((cause: ResultError) => {
          throw new ResultError({ code: cause.code, operation: 'stat', message: 'failed', cause })
        }),
    })),
  },
  'a listing is collected, and passed on from there': {
    caughtBy: 'release: a listing that is left early is left below',
    open: faulty((inner) => ({
      async *list(prefixText, options) {
        yield* await Array.fromAsync(inner.list(prefixText, options))
      },
    })),
  },
  'signals keep their listeners': {
    caughtBy: 'abort: operations that are over leave no listeners',
    open: faulty((inner) => ({
      stat: (key, options) => {
        options.signal?.addEventListener('abort', () => {})
        return inner.stat(key, options)
      },
    })),
  },
  'the contentType is lost': {
    caughtBy: 'passing: every operation reaches the storage below with all of its options',
    open: faulty((inner) => ({
      write: (key, body, options) => inner.write(key, body, { ...options, contentType: undefined }),
    })),
  },
  'keys are changed on the way back': {
    caughtBy: 'passing: values, stats and listings come through',
    open: faulty((inner) => ({
      write: (key, body, options) => inner.write(`p/${key}` as Key, body, options),
      read: (key, options) => inner.read(`p/${key}` as Key, options),
      stat: (key, options) => inner.stat(`p/${key}` as Key, options),
    })),
  },
  'a stream is collected first': {
    caughtBy: 'passing: a body function is passed on, not called',
    open: faulty((inner) => ({
      write: async (key, body, options) => inner.write(key, await collectBytes(streamOf(body)), options),
    })),
  },
  'bytes become a stream': {
    caughtBy: 'passing: bytes are passed on as they are',
    open: faulty((inner) => ({ write: (key, body, options) => inner.write(key, () => streamOf(body), options) })),
  },
  'errors become another': {
    caughtBy: 'errors: those below come out with code and cause',
    open: faulty((inner) => ({
      stat: (key, options) =>
        inner.stat(key, options).catch((cause: unknown) => {
          throw new ResultError({ code: 'UNAVAILABLE', operation: 'stat', message: 'failed', cause })
        }),
    })),
  },
  'everything is tried again': {
    caughtBy: 'errors: those below come out with code and cause',
    open: faulty((inner) => ({
      read: (key, options) => inner.read(key, options).catch(() => inner.read(key, options)),
    })),
  },
  'bugs are swallowed': {
    caughtBy: 'errors: a bug below is not hidden',
    open: faulty((inner) => ({ delete: (key, options) => inner.delete(key, options).catch(() => {}) })),
  },
  'the signal stays above': {
    caughtBy: 'abort: during an operation, the signal reaches the storage below',
    open: faulty((inner) => ({ stat: (key) => inner.stat(key, { signal: AbortSignal.timeout(100) }) })),
  },
  'objects are not let go': {
    caughtBy: 'release: an object that is not read, or in part, is let go below',
    open: faulty((inner) => ({
      read: async (key, options) => {
        const object = await inner.read(key, options)
        return (
          object && {
            ...object,
            stream: () =>
              (async function* () {
                yield* object.stream()
              })(),
          }
        )
      },
    })),
  },
  'a listing is collected first': {
    caughtBy: 'release: a listing that is left early is left below',
    open: faulty((inner) => ({
      list(prefixText, options) {
        const rows = inner.list(prefixText, options)[Symbol.asyncIterator]()
        return { [Symbol.asyncIterator]: () => ({ next: () => rows.next() }) }
      },
    })),
  },
}

describe('a layer with a fault is found out', () => {
  for (const [fault, { open, caughtBy }] of Object.entries(mutants))
    test(fault, async () => {
      const found = layerContract.find((contractCase) => contractCase.name === caughtBy)
      await expect(found?.run({ open }), caughtBy).rejects.toThrow(/^promised: .+; happened: ./s)
    })
})
