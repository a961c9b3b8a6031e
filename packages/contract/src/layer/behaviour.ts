import { type Layer, ResultError, type ResultStorage, releaseObject } from '@resultkit/core'
import { pattern, utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { countedSignal } from '../counted-signal.ts'
import { expectFailure, expectRefusal, expectSame, expectThat, isCausedBy } from '../expectation.ts'
import { show } from '../show.ts'
import { CALL, deleting, entries, key, put, reading, remove } from '../storage/use.ts'
import { gate, settles, settleTasks, withoutStrayRejections } from '../timing.ts'
import { layerCase, layered, unlessRefused } from './use.ts'

type Attempt = (storage: ResultStorage, signal?: AbortSignal) => Promise<unknown>

const ATTEMPTS: Readonly<Record<'read' | 'write' | 'stat' | 'delete' | 'list', Attempt>> = {
  read: (s, signal) => s.read(key('name'), reading({ signal })),
  write: (s, signal) => put(s, 'name', utf8('1'), { signal }),
  stat: (s, signal) => s.stat(key('name'), { signal }),
  delete: (s, signal) => s.delete(key('name'), deleting({ signal })),
  list: (s, signal) => entries(s, '', { signal }),
}

type Operation = keyof typeof ATTEMPTS
const OPERATIONS = Object.keys(ATTEMPTS) as readonly Operation[]

/** A storage whose every operation runs `work`. */
function always(
  work: (operation: Operation, signal: AbortSignal | undefined) => Promise<never>,
): Partial<ResultStorage> {
  return {
    read: (_key, { signal }) => work('read', signal),
    write: (_key, _body, { signal }) => work('write', signal),
    stat: (_key, { signal }) => work('stat', signal),
    delete: (_key, { signal }) => work('delete', signal),
    async *list(_prefix, { signal }) {
      yield await work('list', signal)
    },
  }
}

async function checkErrors(layer: Layer): Promise<void> {
  for (const code of ['ACCESS_DENIED', 'PRECONDITION_FAILED', 'INVALID_KEY', 'TOO_LARGE'] as const) {
    const cause = new Error('underneath')
    const mine = new ResultError({
      code,
      operation: 'below',
      message: 'It failed below.',
      storage: 'memory://spied',
      cause,
    })
    const { storage, calls, inner } = layered(
      layer,
      always(() => Promise.reject(mine)),
    )
    for (const operation of OPERATIONS) {
      const before = calls.length
      const promised = `a failure of ${operation} below comes out with its code and its cause`
      const error = await expectRefusal(promised, [code, 'UNSUPPORTED'], () => ATTEMPTS[operation](storage))
      if (calls.length === before) continue
      expectSame(promised, error.code, code)
      expectThat(isCausedBy(error, mine) || isCausedBy(error, cause), promised, () => show(error))
      expectThat(
        error.storage?.startsWith(inner.uri) === true,
        `${promised}, and still says which storage it is from`,
        `${error.storage}`,
      )
      expectSame(`${promised}, and not retryable`, error.retryable, false)
      expectSame(`${operation} is not tried again when that cannot help`, calls.length, before + 1)
    }
  }
}

async function checkUntyped(layer: Layer): Promise<void> {
  const mine = new TypeError('a bug below')
  const { storage, calls } = layered(
    layer,
    always(() => Promise.reject(mine)),
  )
  for (const operation of OPERATIONS) {
    const before = calls.length
    const error = await expectFailure('a bug below comes out', () => ATTEMPTS[operation](storage))
    if (calls.length > before)
      expectThat(isCausedBy(error, mine), `a bug in ${operation} below is not hidden`, () => show(error))
  }
}

async function checkAbsent(layer: Layer): Promise<void> {
  const { storage, calls } = layered(layer)
  expectSame('an absent key is undefined', await storage.read(key('absent'), reading()), undefined)
  expectSame('an absent key is undefined', await storage.stat(key('absent'), CALL), undefined)
  await unlessRefused(calls, () => remove(storage, 'absent'))
}

async function checkAbortedBefore(layer: Layer): Promise<void> {
  const reason = new Error('stop')
  const { storage } = layered(layer)
  for (const operation of OPERATIONS) {
    const promised = `${operation} with a signal that has fired is ABORTED, or refused`
    const error = await expectRefusal(promised, ['ABORTED', 'UNSUPPORTED', 'ACCESS_DENIED'], () =>
      ATTEMPTS[operation](storage, AbortSignal.abort(reason)),
    )
    if (error.code === 'ABORTED')
      expectThat(isCausedBy(error, reason), `${promised} with its reason`, () => show(error.cause))
  }
}

async function checkAbortedDuring(layer: Layer): Promise<void> {
  for (const operation of OPERATIONS) {
    const reached = gate()
    const reason = new Error('stop')
    const { storage, calls } = layered(
      layer,
      always((name, signal) => {
        reached.open()
        return hang(name, signal)
      }),
    )
    const controller = new AbortController()
    const attempt = ATTEMPTS[operation](storage, controller.signal)
    attempt.catch(() => {})
    await Promise.race([reached.opened, attempt.catch(() => {})])
    if (calls.length === 0) continue
    controller.abort(reason)
    const promised = `a signal that fires during ${operation} reaches the storage below`
    const error = await expectRefusal(promised, 'ABORTED', () => settles(promised, attempt, 10_000))
    expectThat(isCausedBy(error, reason), `${promised} with its reason`, () => show(error.cause))
  }
}

function hang(operation: string, signal: AbortSignal | undefined): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = (): void =>
    reject(new ResultError({ code: 'ABORTED', operation, message: 'It was aborted.', cause: signal?.reason }))
  signal?.addEventListener('abort', stop)
  return promise
}

async function checkRelease(layer: Layer): Promise<void> {
  let returned = 0
  const { storage } = layered(layer, {
    read: async (name) => ({
      stat: { key: name, size: 10, lastModified: undefined, etag: 'one', writeId: undefined },
      bytes: async () => pattern(10),
      stream: () => ({
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ value: pattern(1), done: false }),
          return: async () => {
            returned += 1
            return { value: undefined, done: true }
          },
        }),
      }),
    }),
  })
  await withoutStrayRejections('letting go of an object leaves nothing behind', async () => {
    await releaseObject(await storage.read(key('name'), reading()))
    expectSame('an object that is not read is let go below', returned, 1)
    const object = await storage.read(key('name'), reading())
    if (object) for await (const _ of object.stream()) break
    expectSame('an object that is read in part is let go below', returned, 2)
  })
}

async function checkListLeft(layer: Layer): Promise<void> {
  let left = false
  let given = 0
  const { storage } = layered(layer, {
    async *list(prefix) {
      try {
        for (; given < 100_000; given++)
          yield { key: `${prefix}${100_000 + given}`, size: 1, lastModified: undefined, etag: undefined }
      } finally {
        left = true
      }
    },
  })
  for await (const _ of storage.list('', { startAfter: undefined, signal: undefined })) break
  expectThat(left, 'a listing that is left early is left below', 'it was not')
  expectThat(given < 10_000, 'a listing is passed on as it comes', `${given} rows were read before the first was given`)
}

const ROUNDS = 12

async function checkListeners(layer: Layer): Promise<void> {
  const { signal, listeners } = countedSignal()
  const { storage, calls } = layered(layer)
  for (let round = 0; round < ROUNDS; round++) {
    for (const operation of OPERATIONS) await unlessRefused(calls, () => ATTEMPTS[operation](storage, signal))
    await unlessRefused(calls, () => ATTEMPTS.write(storage, signal))
    const object = await storage.read(key('name'), reading({ signal }))
    if (object) for await (const _ of object.stream());
  }
  await settleTasks()
  const promised = 'operations that are over leave no listeners on their signal, which may live as long as the process'
  expectThat(listeners() < ROUNDS, promised, () => `${listeners()} listeners after ${ROUNDS} rounds`)
}

/** Errors, signals and releases pass. */
export const behaviourCases: readonly ContractCase<Layer>[] = [
  layerCase('errors: those below come out with code and cause', checkErrors),
  layerCase('errors: a bug below is not hidden', checkUntyped),
  layerCase('absence: an absent key stays undefined', checkAbsent),
  layerCase('abort: before an operation', checkAbortedBefore),
  layerCase('abort: during an operation, the signal reaches the storage below', checkAbortedDuring),
  layerCase('abort: operations that are over leave no listeners', checkListeners),
  layerCase('release: an object that is not read, or in part, is let go below', checkRelease),
  layerCase('release: a listing that is left early is left below', checkListLeft),
]
