import { isResultError, type ResultStorage, releaseObject } from '@resultkit/core'
import { pattern, spiedBody, spiedPieces, utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { countedSignal } from '../counted-signal.ts'
import { expectBytes, expectRefusal, expectSame, expectThat, isCausedBy } from '../expectation.ts'
import { show } from '../show.ts'
import { settles, settleTasks } from '../timing.ts'
import {
  entries,
  expectAbsent,
  expectListed,
  get,
  key,
  listing,
  open,
  put,
  reading,
  remove,
  statOf,
  storageCase,
} from './use.ts'

const OLD = utf8('old value')

async function expectAborted(promised: string, reason: unknown, attempt: () => unknown): Promise<void> {
  const error = await expectRefusal(promised, 'ABORTED', attempt)
  expectThat(isCausedBy(error, reason), "ABORTED has the signal's reason as its cause", () => show(error.cause))
  expectThat(!error.retryable, 'ABORTED is not retryable', 'it is')
}

async function checkBefore(storage: ResultStorage): Promise<void> {
  const reason = new Error('not wanted any more')
  const signal = AbortSignal.abort(reason)
  const body = spiedPieces([utf8('new value')])
  await put(storage, 'old', OLD)
  const attempts: Record<string, () => Promise<unknown>> = {
    read: () => get(storage, 'old', { signal }),
    'read of an absent key': () => get(storage, 'absent', { signal }),
    'write of bytes': () => put(storage, 'old', utf8('new value'), { signal }),
    'write of a stream': () => put(storage, 'new', body.source, { signal }),
    stat: () => storage.stat(key('old'), { signal }),
    'stat of an absent key': () => storage.stat(key('absent'), { signal }),
    delete: () => remove(storage, 'old', { signal }),
    'delete of an absent key': () => remove(storage, 'absent', { signal }),
  }
  if (storage.capabilities.list) attempts['list'] = () => entries(storage, '', { signal })
  for (const [operation, attempt] of Object.entries(attempts))
    await expectAborted(`${operation} with a signal that has fired is ABORTED`, reason, attempt)
  expectSame('an aborted write does not ask for its body', body.seen.asked, 0)
  expectBytes('aborted operations change nothing', await get(storage, 'old'), OLD)
  await expectAbsent(storage, 'new', 'an aborted write stores nothing')
}

async function checkReason(storage: ResultStorage): Promise<void> {
  for (const reason of ['a text', { code: 7 }]) {
    const signal = AbortSignal.abort(reason)
    await expectAborted('a reason can be any value', reason, () => get(storage, 'absent', { signal }))
  }
}

const PIECE = pattern(64 * 1024)
const PIECES_AFTER_ABORT = 256

/** A body that aborts its own write at piece 3 and has 16 MiB more to give. */
function abortingBody(controller: AbortController, reason: unknown): ReturnType<typeof spiedBody> {
  return spiedBody((index) => {
    if (index === 3) controller.abort(reason)
    return index < 3 + PIECES_AFTER_ABORT ? PIECE : undefined
  })
}

async function checkDuringWrite(storage: ResultStorage): Promise<void> {
  await put(storage, 'dir/old', OLD)
  for (const name of ['dir/old', 'dir/new']) {
    const controller = new AbortController()
    const reason = new Error('stop')
    const body = abortingBody(controller, reason)
    await expectAborted('a signal that fires during a write gives ABORTED', reason, () =>
      put(storage, name, body.source, { signal: controller.signal }),
    )
  }
  expectBytes('an aborted write leaves the old value', await get(storage, 'dir/old'), OLD)
  await expectAbsent(storage, 'dir/new', 'an aborted write stores nothing')
  await expectListed(storage, ['dir/old'], 'an aborted write leaves nothing in the listing')
}

async function checkBodyReleased(storage: ResultStorage): Promise<void> {
  const controller = new AbortController()
  const reason = new Error('stop')
  const body = abortingBody(controller, reason)
  await expectAborted('a signal that fires during a write gives ABORTED', reason, () =>
    put(storage, 'new', body.source, { signal: controller.signal }),
  )
  expectThat(!body.seen.ended, 'an aborted write stops reading its stream', 'it read the stream to its end')
  expectThat(body.seen.returned > 0, "an aborted write calls return() on its stream's iterator", 'it did not')
}

async function checkStalledBody(storage: ResultStorage): Promise<void> {
  const controller = new AbortController()
  const reason = new Error('stop')
  const never = Promise.withResolvers<undefined>()
  const body = spiedBody((index) => {
    if (index < 2) return PIECE
    queueMicrotask(() => controller.abort(reason))
    return never.promise
  })
  const promised = 'a write whose stream stalls is ABORTED when the signal fires'
  try {
    await expectAborted(promised, reason, () =>
      settles(promised, put(storage, 'stalled', body.source, { signal: controller.signal }), 10_000),
    )
  } finally {
    never.resolve(undefined)
  }
  await expectAbsent(storage, 'stalled', 'an aborted write stores nothing')
}

async function checkBufferedWrite(storage: ResultStorage): Promise<void> {
  await put(storage, 'buffered', OLD)
  const bytes = pattern(1024 * 1024)
  const controller = new AbortController()
  const write = put(storage, 'buffered', bytes, { signal: controller.signal })
  controller.abort(new Error('stop'))
  const outcome = await write.catch((error: unknown) => error)
  const stored = await get(storage, 'buffered')
  if (isResultError(outcome)) {
    expectSame('a write that its signal stops is ABORTED', outcome.code, 'ABORTED')
    const whole = stored?.byteLength === OLD.byteLength ? OLD : bytes
    return expectBytes('an aborted write leaves a whole value', stored, whole)
  }
  expectThat(!(outcome instanceof Error), 'a write that its signal stops is ABORTED', () => show(outcome))
  expectBytes('a write that resolved is stored, also when the signal fired late', stored, bytes)
}

async function checkDuringRead(storage: ResultStorage): Promise<void> {
  const bytes = pattern(2 * 1024 * 1024)
  await put(storage, 'read', bytes)
  const controller = new AbortController()
  const reason = new Error('stop')
  const object = await open(storage, 'read', { signal: controller.signal })
  await expectAborted('a signal that fires during a stream gives ABORTED, never a normal end', reason, async () => {
    for await (const _ of object.stream()) controller.abort(reason)
  })
  const second = new AbortController()
  const opened = await open(storage, 'read', { signal: second.signal })
  second.abort(reason)
  await expectAborted('bytes() after the signal has fired is ABORTED', reason, () => opened.bytes())
  expectBytes('an aborted read leaves the object', await get(storage, 'read'), bytes)
}

async function checkDuringList(storage: ResultStorage): Promise<void> {
  for (const name of ['list/a', 'list/b', 'list/c']) await put(storage, name, OLD)
  const controller = new AbortController()
  const reason = new Error('stop')
  await expectAborted('a signal that fires during a listing gives ABORTED, never a normal end', reason, async () => {
    for await (const _ of storage.list('', listing({ signal: controller.signal }))) controller.abort(reason)
  })
}

async function checkAfter(storage: ResultStorage): Promise<void> {
  const controller = new AbortController()
  const { signal } = controller
  const written = await put(storage, 'after', OLD, { signal })
  const read = await get(storage, 'after', { signal })
  if (storage.capabilities.list) await entries(storage, '', { signal })
  controller.abort(new Error('too late'))
  expectBytes('a signal that fires after a read changes nothing', read, OLD)
  expectBytes('a signal that fires after a write changes nothing', await get(storage, 'after'), OLD)
  expectSame('a signal that fires after a write changes nothing', (await statOf(storage, 'after')).etag, written.etag)
}

const ROUNDS = 12

async function checkListeners(storage: ResultStorage): Promise<void> {
  const { signal, listeners } = countedSignal()
  for (let round = 0; round < ROUNDS; round++) {
    await put(storage, 'kept', OLD, { signal })
    await put(storage, 'streamed', spiedPieces([OLD, OLD]).source, { signal })
    await get(storage, 'kept', { signal })
    await releaseObject(await storage.read(key('streamed'), reading({ signal })))
    await storage.stat(key('kept'), { signal })
    if (storage.capabilities.list) await entries(storage, '', { signal })
    await remove(storage, 'streamed', { signal })
  }
  await settleTasks()
  const promised = 'operations that are over leave no listeners on their signal, which may live as long as the process'
  expectThat(listeners() < ROUNDS, promised, () => `${listeners()} listeners after ${ROUNDS} rounds`)
}

/** An `AbortSignal` before, during and after every operation. */
export const abortCases: readonly ContractCase<ResultStorage>[] = [
  storageCase('abort: a signal that has fired is ABORTED without any effect', [], checkBefore),
  storageCase('abort: the reason is the cause, whatever it is', [], checkReason),
  storageCase('abort: during the write of a stream, nothing is stored', [], checkDuringWrite),
  storageCase('abort: during the write of a stream, the stream is let go', [], checkBodyReleased),
  storageCase('abort: during the write of a stream that stalls', [], checkStalledBody),
  storageCase('abort: during the write of bytes, one whole value is stored', [], checkBufferedWrite),
  storageCase('abort: during a read', [], checkDuringRead),
  storageCase('abort: during a listing', ['list'], checkDuringList),
  storageCase('abort: after an operation, without effect', [], checkAfter),
  storageCase('abort: operations that are over leave no listeners', [], checkListeners),
]
