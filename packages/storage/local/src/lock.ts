import { errnoOf } from './disk.ts'
import { type Call, checkSignal, failure, orAborted } from './failure.ts'
import { makeInternal } from './folders.ts'
import { formatHolder, type Holder, judge, newHolder } from './holder.ts'
import { breakLock, claim, readHolder, type Ticket } from './lock-file.ts'
import { internalPath } from './root.ts'
import { createTemporary, removeTemporary } from './temporary.ts'
import { writeAll } from './transfer.ts'

const FIRST_WAIT_MS = 1
const LONGEST_WAIT_MS = 32

/**
 * Runs `work` while no other process, and nothing else in this one, holds the lock of the call's key. TIMEOUT when
 * it cannot be had in time.
 */
export async function withLock<T>(call: Call, work: () => Promise<T>): Promise<T> {
  const { root } = call
  // Not imported above: locks are rare, and loading node:crypto is not cheap.
  const path = `${internalPath(root, 'locks')}/${process.getBuiltinModule('node:crypto').hash('sha256', call.key ?? '')}`
  const ticket = await makeTicket(call)
  try {
    await acquire(call, path, ticket)
    try {
      return await work()
    } finally {
      await release(call, path, ticket.holder)
    }
  } finally {
    await removeTemporary(root, ticket.path)
  }
}

/** A complete lock file under a temporary name, to be linked where it is needed. */
export async function makeTicket(call: Call): Promise<Ticket> {
  const { disk } = call.root
  const holder = newHolder()
  const { path, fd } = await createTemporary(call)
  try {
    await writeAll(disk, fd, Buffer.from(formatHolder(holder)))
  } finally {
    await disk.close(fd)
  }
  return { path, holder }
}

async function acquire(call: Call, path: string, ticket: Ticket): Promise<void> {
  const deadline = performance.now() + call.root.lockTimeout
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    checkSignal(call)
    if (await claimOrMakeFolder(call, path, ticket)) return
    const holder = await readHolder(call.root, path)
    const mayBreak = holder !== undefined && holder !== 'unreadable' && judge(holder) === 'dead'
    if (mayBreak && (await breakLock(call.root, path, holder.token, ticket))) continue
    if (performance.now() >= deadline) throw timedOut(call)
    await pause(call, wait * (0.5 + Math.random()))
  }
}

async function claimOrMakeFolder(call: Call, path: string, ticket: Ticket): Promise<boolean> {
  try {
    return await claim(call.root, path, ticket)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
  await makeInternal(call, 'locks')
  return claim(call.root, path, ticket)
}

async function release(call: Call, path: string, mine: Holder): Promise<void> {
  const { root } = call
  try {
    const holder = await readHolder(root, path)
    if (holder !== undefined && holder !== 'unreadable' && holder.token === mine.token) await root.disk.unlink(path)
  } catch {
    // What the lock was for is done. Others wait until this process ends.
  }
}

function pause(call: Call, ms: number): Promise<void> {
  return orAborted(call, new Promise((resolve) => setTimeout(resolve, ms)))
}

function timedOut(call: Call): Error {
  const what = `another process held the object's lock for longer than lockTimeout (${call.root.lockTimeout} ms). Try again; sweep() removes a lock that a lost machine left`
  return failure(call, 'TIMEOUT', what, { retryable: true })
}
