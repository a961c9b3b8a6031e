import { isResultError, type Key, parseKey, ResultError, throwIfAborted } from '@resultkit/core'
import { failure } from './failure.ts'
import { type RewrapJob, readHead } from './rewrap-head.ts'
import { isUnderPrimary, openEnvelope, readEnvelope } from './rewrap-open.ts'
import { writeRewrapped } from './rewrap-write.ts'
import { SLOT } from './slots.ts'

const ATTEMPTS = 3

/** Moves one object to the primary key. PRECONDITION_FAILED when others replaced it again and again. */
export async function rewrapObject(job: RewrapJob, key: string): Promise<'rewrapped' | 'current' | 'skipped'> {
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await rewrapVersion(job, parseKey(key, 'rewrap'))
      } catch (error) {
        // Another version is there now: perhaps one that is current already.
        if (attempt === ATTEMPTS || !isResultError(error) || error.code !== 'PRECONDITION_FAILED') throw error
      }
    }
  } catch (error) {
    throw ResultError.locate(error, key, job.storage.uri)
  }
}

async function rewrapVersion(job: RewrapJob, key: Key): Promise<'rewrapped' | 'current' | 'skipped'> {
  throwIfAborted('rewrap', job.signal)
  const head = await readHead(job, key)
  if (head === undefined || !head.header.codecs.includes(job.codec.name)) return 'skipped'
  const envelope = await readEnvelope(head)
  if (await isUnderPrimary(job, envelope)) return 'current'
  const opened = await openEnvelope(job, head, envelope)
  if (job.mode === 'wrap' && opened.slot.type === SLOT.direct) throw nothingWrapped()
  await writeRewrapped(job, head, opened)
  return 'rewrapped'
}

function nothingWrapped(): ResultError {
  const message = `rewrap: the result was encrypted with a local key directly, so no key is wrapped that could be wrapped anew. Use mode: 'full'.`
  return failure('UNSUPPORTED', 'rewrap', message)
}
