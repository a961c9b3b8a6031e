import { type Clock, nowMs, RESERVED_SEGMENT } from '@resultkit/core'
import { type Call, failure, guard } from './failure.ts'
import { type Holder, judge } from './holder.ts'
import { makeTicket } from './lock.ts'
import { BREAK_MARK, breakLock, readHolder, type Ticket } from './lock-file.ts'
import { internalPath, isMilliseconds, openRoot } from './root.ts'
import { removeTemporary } from './temporary.ts'

/** What {@link sweep} cleans. */
export interface SweepOptions {
  /** The directory given to `fileStorage`. @default as for `fileStorage` */
  readonly directory?: string | URL | undefined
  /**
   * Younger files stay, in milliseconds since they were last changed; longer than any write may pause.
   * @default 86_400_000 (a day)
   */
  readonly graceMs?: number | undefined
  /** What the age of a file is counted to. @default Date.now */
  readonly clock?: Clock | undefined
  /** Only report. @default false */
  readonly dryRun?: boolean | undefined
}

/** One file that {@link sweep} removed, or would. */
export interface SweepRow {
  /** `temporary`: a write that never finished. `lock`: of a process that ended. `marker`: of a broken lock. */
  readonly kind: 'temporary' | 'lock' | 'marker'
  /** The name of the file; it says nothing of keys or values. */
  readonly name: string
  /** What removing it gives back; 0 for a temporary that is an object's second name. */
  readonly bytes: number
  /** Milliseconds since it was last changed. */
  readonly ageMs: number
}

/** What {@link sweep} did. */
export interface SweepReport {
  readonly removed: readonly SweepRow[]
  /** The sum over the rows. */
  readonly bytes: number
}

const DAY_MS = 86_400_000

interface Candidate extends SweepRow {
  readonly path: string
  readonly holder: Holder | 'unreadable' | undefined
}

/**
 * Removes what killed processes left in a storage directory: temporaries, locks whose holder is dead, and markers of
 * broken locks, all older than the grace period. Results are never touched. Storages may be at work meanwhile.
 *
 * A lock that cannot be judged from here (another host's, or an incomplete one) goes when it is older than a day as
 * well: locks are held for milliseconds.
 *
 * Errors: CONFIG for wrong options or a directory that is none, ACCESS_DENIED, UNAVAILABLE. A directory that is not
 * there has nothing to sweep.
 */
export async function sweep(options: SweepOptions = {}): Promise<SweepReport> {
  const { directory, graceMs = DAY_MS, clock = Date.now, dryRun = false } = options
  const root = openRoot({ directory }, 'sweep')
  const call: Call = { root, operation: 'sweep', key: undefined, signal: undefined }
  if (!isMilliseconds(graceMs)) throw failure(call, 'CONFIG', 'graceMs is not a number of milliseconds')
  return guard(call, async () => {
    const now = nowMs(clock)
    const old = [...(await temporaries(call, now)), ...(await locks(call, now, graceMs))].filter(
      ({ ageMs }) => ageMs > graceMs,
    )
    if (!dryRun) await remove(call, old)
    const removed = old.map(({ kind, name, bytes, ageMs }) => ({ kind, name, bytes, ageMs }))
    return { removed, bytes: removed.reduce((sum, row) => sum + row.bytes, 0) }
  })
}

async function temporaries(call: Call, now: number): Promise<Candidate[]> {
  const files = await filesIn(call, 'tmp', now)
  return files.map((file) => ({ ...file, kind: 'temporary', holder: undefined }))
}

/** The locks that may go, then the markers of locks that are gone or may go. */
async function locks(call: Call, now: number, graceMs: number): Promise<Candidate[]> {
  const files = await filesIn(call, 'locks', now)
  const dead: Candidate[] = []
  const held = new Map<string, string>()
  for (const file of files) {
    if (file.name.includes(BREAK_MARK)) continue
    const holder = await readHolder(call.root, file.path)
    if (holder === undefined) continue
    const state = holder === 'unreadable' ? 'unknown' : judge(holder)
    const goes = state === 'dead' || (state === 'unknown' && file.ageMs > DAY_MS)
    if (goes && file.ageMs > graceMs) dead.push({ ...file, kind: 'lock', holder })
    else if (holder !== 'unreadable') held.set(file.name, holder.token)
  }
  const markers = files.filter(({ name }) => {
    const [lock, token] = name.split(BREAK_MARK)
    return token !== undefined && held.get(lock ?? '') !== token
  })
  return [...dead, ...markers.map((file): Candidate => ({ ...file, kind: 'marker', holder: undefined }))]
}

type FileRow = Omit<Candidate, 'kind' | 'holder'>

async function filesIn(call: Call, folder: 'tmp' | 'locks', now: number): Promise<FileRow[]> {
  const { disk, base } = call.root
  const path = internalPath(call.root, folder)
  for (const directory of [`${base}/${RESERVED_SEGMENT}`, path]) {
    if (!(await disk.kind(directory))?.isDirectory()) return []
  }
  const rows: FileRow[] = []
  for (const { name } of await disk.readdir(path)) {
    const stats = await disk.lstat(`${path}/${name}`)
    if (!stats?.isFile()) continue
    const bytes = stats.nlink > 1n ? 0 : Number(stats.size)
    rows.push({ name, path: `${path}/${name}`, bytes, ageMs: now - Number(stats.mtimeMs) })
  }
  return rows
}

async function remove(call: Call, candidates: readonly Candidate[]): Promise<void> {
  let ticket: Ticket | undefined
  try {
    for (const { path, kind, holder } of candidates) {
      if (kind !== 'lock' || holder === undefined || holder === 'unreadable') {
        await removeTemporary(call.root, path)
        continue
      }
      ticket ??= await makeTicket(call)
      await breakLock(call.root, path, holder.token, ticket)
    }
  } finally {
    if (ticket !== undefined) await removeTemporary(call.root, ticket.path)
  }
}
