import { collectBytes } from './bytes.ts'
import { isResultError, type ResultErrorCode, resultError } from './errors.ts'
import { type Key, reservedKey } from './key.ts'
import { type RestrictedCapabilities, restrict } from './layers/restrict.ts'
import { type ObjectStat, type ReadOptions, type ResultStorage, WHOLE, type WriteOptions } from './storage.ts'

/** What {@link probeCapabilities} takes. */
export interface ProbeOptions {
  /**
   * Bytes of the streams that are written: more than a storage sends in one request, so that its multipart writes are
   * what is tried. 0 leaves streams untried. @default 17 MiB
   */
  readonly streamBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
}

type Flag = keyof RestrictedCapabilities

/** One storage under trial. Every try has a key of its own. */
interface Trial {
  readonly storage: ResultStorage
  readonly signal: AbortSignal | undefined
  readonly streamBytes: number
  /** A new key below `.resultkit/probe/`, deleted in the end. */
  key(): Key
}

/**
 * Tries, by writing, what a storage says of itself, and gives it back with what proved true: services that speak S3 or another
 * protocol may take a condition and ignore it. It only takes away: what the storage does not claim is not tried. `list` is
 * believed. A dozen small writes and reads, and up to six streams, below `.resultkit/probe/`; deleted afterwards.
 *
 * Errors: those of the storage. An outage is no answer.
 */
export async function probeCapabilities(storage: ResultStorage, options: ProbeOptions = {}): Promise<ResultStorage> {
  const { streamBytes = 17 * 1024 * 1024, signal } = options
  const run = crypto.randomUUID()
  const keys: Key[] = []
  const key = (): Key => {
    const next = reservedKey(`probe/${run}/${keys.length}`)
    keys.push(next)
    return next
  }
  try {
    const taken = await failing({ storage, signal, streamBytes, key })
    return taken.length === 0 ? storage : restrict(Object.fromEntries(taken.map((flag) => [flag, false])))(storage)
  } finally {
    for (const used of keys) await storage.delete(used, { ifMatch: undefined, signal: undefined }).catch(() => {})
  }
}

async function failing(trial: Trial): Promise<readonly Flag[]> {
  const { storage, signal, streamBytes } = trial
  const { capabilities } = storage
  const streams = streamBytes > 0
  const matches = async (attempt: (key: Key, ifMatch: string) => Promise<unknown>): Promise<boolean> =>
    keepsMatch(await replaced(trial), attempt)
  const tries: readonly (readonly [Flag, boolean, () => Promise<boolean>])[] = [
    ['ifAbsent', true, () => keepsIfAbsent(trial, SMALL)],
    ['ifMatch', true, () => matches((key, ifMatch) => put(trial, key, SMALL, { ifMatch }))],
    ['ifAbsentStream', streams, () => keepsIfAbsent(trial, large(trial))],
    ['ifMatchStream', streams, () => matches((key, ifMatch) => put(trial, key, large(trial), { ifMatch }))],
    ['deleteIfMatch', true, () => matches((key, ifMatch) => storage.delete(key, { ifMatch, signal }))],
    ['readConditions', true, () => keepsReads(trial)],
    ['ranges', true, () => keepsRanges(trial)],
    ['writeId', true, () => keepsWriteId(trial)],
  ]
  const taken: Flag[] = []
  for (const [flag, tried, keeps] of tries) if (tried && capabilities[flag] && !(await keeps())) taken.push(flag)
  return taken
}

type Body = Parameters<ResultStorage['write']>[1]

const SMALL: Body = /* @__PURE__ */ new Uint8Array([1, 2, 3, 4, 5])
const PIECE = 256 * 1024

function large({ streamBytes }: Trial): Body {
  return async function* () {
    for (let at = 0; at < streamBytes; at += PIECE) yield new Uint8Array(Math.min(PIECE, streamBytes - at))
  }
}

function put({ storage, signal }: Trial, key: Key, body: Body, options: Partial<WriteOptions>): Promise<ObjectStat> {
  const writeId = crypto.randomUUID()
  const given = { ifAbsent: false, ifMatch: undefined, contentType: undefined, size: undefined, writeId, signal }
  return storage.write(key, body, { ...given, ...options })
}

/** Whether it was refused with that code. Success, and any other answer to a condition, is no refusal. */
async function refuses(code: ResultErrorCode, attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    await attempt()
    return false
  } catch (error) {
    if (isResultError(error) && error.code === code) return true
    // Answered with "unsupported" instead of being kept: as good as ignored, and no outage.
    if (isResultError(error) && error.code === 'UNSUPPORTED') return false
    throw error
  }
}

/** Whether it succeeds; a service that refuses a condition that holds does not keep it either. */
async function succeeds(attempt: () => Promise<unknown>): Promise<boolean> {
  return !(await refuses('PRECONDITION_FAILED', attempt).catch((error: unknown) => {
    if (isResultError(error) && error.code === 'ALREADY_EXISTS') return true
    throw error
  }))
}

async function keepsIfAbsent(trial: Trial, body: Body): Promise<boolean> {
  const key = trial.key()
  if (!(await succeeds(() => put(trial, key, body, { ifAbsent: true })))) return false
  return refuses('ALREADY_EXISTS', () => put(trial, key, body, { ifAbsent: true }))
}

/** Whether a condition on the version refuses an old one, and lets the current one pass. */
async function keepsMatch(
  { key, old, current }: Replaced,
  attempt: (key: Key, ifMatch: string) => Promise<unknown>,
): Promise<boolean> {
  if (!(await refuses('PRECONDITION_FAILED', () => attempt(key, old)))) return false
  return succeeds(() => attempt(key, current))
}

/** An object that was written twice, with both etags. */
interface Replaced {
  readonly key: Key
  readonly old: string
  readonly current: string
}

async function replaced(trial: Trial): Promise<Replaced> {
  const key = trial.key()
  const { etag: old } = await put(trial, key, SMALL, {})
  const { etag: current } = await put(trial, key, new Uint8Array([7]), {})
  return { key, old, current }
}

async function get({ storage, signal }: Trial, key: Key, options: Partial<ReadOptions>): Promise<Uint8Array> {
  const object = await storage.read(key, { ...WHOLE, signal, ...options })
  if (object === undefined) throw resultError('CORRUPT', 'probe', 'probe: the storage lost what it had just stored.')
  return collectBytes(object.stream())
}

async function keepsReads(trial: Trial): Promise<boolean> {
  const versions = await replaced(trial)
  const { key, current } = versions
  const same = await refuses('NOT_MODIFIED', () => get(trial, key, { ifNoneMatch: current }))
  return same && keepsMatch(versions, (_, ifMatch) => get(trial, key, { ifMatch }))
}

async function keepsRanges(trial: Trial): Promise<boolean> {
  const key = trial.key()
  await put(trial, key, SMALL, {})
  let part = ''
  // Storages that see the range ignored say UNSUPPORTED.
  const unsupported = await refuses('UNSUPPORTED', async () => {
    part = (await get(trial, key, { range: { start: 1, end: 3 } })).join()
  })
  return !unsupported && part === '2,3'
}

async function keepsWriteId(trial: Trial): Promise<boolean> {
  const key = trial.key()
  const writeId = crypto.randomUUID()
  await put(trial, key, SMALL, { writeId })
  return (await trial.storage.stat(key, { signal: trial.signal }))?.writeId === writeId
}
