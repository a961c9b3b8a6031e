import { isResultError, type ObjectStat, sizeOf } from '@resultkit/core'
import { type Attempts, attemptsOf } from './attempts.ts'
import { crc32c, encodeCrc32c } from './crc32c.ts'
import { failure, refusedCause } from './failure.ts'
import { type Chunk, type Chunks, skipBytes } from './pieces.ts'
import { receiptOf, uploadError, uploadQuery } from './receipt.ts'
import { type Answered, askText, refusedOf } from './service.ts'
import { lookUp } from './stat.ts'
import type { Upload } from './upload.ts'

const encoder = new TextEncoder()
const CANCEL_MS = 2000

/** An upload session: its URL is a secret that stands for the credentials. */
interface Session {
  readonly upload: Upload
  readonly url: string
  readonly attempts: Attempts
  /** Whether the last bytes have been sent and the answer to them was lost. */
  uncertain: boolean
  /** Whether nothing can be sent to it any more: the whole write has to start anew. */
  lost: boolean
}

/** Sends an object chunk by chunk. One chunk is kept until the service has it; a broken one goes on where it was cut. */
export async function uploadResumable(
  upload: Upload,
  first: Chunk,
  chunks: Chunks,
  total: number | undefined,
): Promise<ObjectStat> {
  const session = await startSession(upload, total)
  try {
    let crc = 0
    let start = 0
    for (let chunk = first; ; chunk = await chunks.next()) {
      crc = chunk.pieces.reduce((before, piece) => crc32c(piece, before), crc)
      const end = start + chunk.size
      const sum = encodeCrc32c(crc)
      const answer = await sendChunk(session, chunk, start, chunk.last ? end : total, chunk.last ? sum : undefined)
      if (answer !== undefined) return receiptOf(upload, answer, end, sum)
      start = end
    }
  } catch (error) {
    const own = session.uncertain && isConflict(error) ? await ownObject(upload) : undefined
    if (own !== undefined) return own
    cancel(session)
    throw error
  }
}

async function startSession(upload: Upload, total: number | undefined): Promise<Session> {
  const { service, call, metadata } = upload
  const body = encoder.encode(JSON.stringify(metadata))
  const query = uploadQuery(upload, 'resumable')
  const answer = await askText(service, call, {
    method: 'POST',
    url: (connection) => connection.upload + query,
    headers: {
      'content-type': 'application/json; charset=UTF-8',
      'content-length': String(body.byteLength),
      ...(total !== undefined && { 'x-upload-content-length': String(total) }),
    },
    body: [body],
  })
  if (answer.status !== 200 && answer.status !== 201) throw uploadError(upload, answer)
  const { location } = answer.headers
  if (location === undefined || !URL.canParse(location)) {
    const what = 'the service gave no upload session. Look at apiEndpoint, and at proxies on the way'
    throw failure(call, 'UNAVAILABLE', what, { cause: new Error('no location') })
  }
  return { upload, url: location, attempts: attemptsOf(service.settings.retry, call), uncertain: false, lost: false }
}

/** Sends one chunk, and again what the service lacks of it. The answer to the last one, else `undefined`. */
async function sendChunk(
  session: Session,
  { pieces, size, last }: Chunk,
  start: number,
  total: number | undefined,
  crc: string | undefined,
): Promise<Answered | undefined> {
  const end = start + size
  let at = start
  let known = true
  for (;;) {
    try {
      const body = known ? skipBytes(pieces, at - start) : []
      const answer = await put(session, known ? contentRange(at, end, total) : `bytes */${total ?? '*'}`, body, crc)
      if (answer.status !== 308) return answer
      const kept = persisted(session, answer, start, end)
      if (kept > at) session.attempts.progress()
      else if (known && end > start) await session.attempts.failed(stuck(session))
      at = kept
      known = true
      if (at === end && !last) return undefined
    } catch (error) {
      if (known && last && !isConflict(error)) session.uncertain = true
      if (session.lost) throw error
      await session.attempts.failed(error)
      known = false
    }
  }
}

/** `*` for the bytes of an empty end: all of the object has been sent, and this is its size. */
function contentRange(at: number, end: number, total: number | undefined): string {
  return at === end ? `bytes */${total ?? '*'}` : `bytes ${at}-${end - 1}/${total ?? '*'}`
}

async function put(
  session: Session,
  range: string,
  body: readonly Uint8Array[],
  crc: string | undefined,
): Promise<Answered> {
  const { upload, url } = session
  const { service, call } = upload
  const answer = await askText(service, call, {
    method: 'PUT',
    url: () => url,
    headers: {
      'content-range': range,
      'content-length': String(sizeOf(body)),
      ...(crc !== undefined && { 'x-goog-hash': `crc32c=${crc}` }),
    },
    body,
    preauthorized: true,
  })
  const { status } = answer
  if (status === 200 || status === 201 || status === 308) return answer
  if (status === 404 || status === 410 || status === 499) throw lost(session, refusedCause(refusedOf(answer)))
  throw uploadError(upload, answer)
}

/** How many bytes of the object the service has; fewer than before this chunk are a lost session. */
function persisted(session: Session, { headers }: Answered, start: number, end: number): number {
  const match = /^bytes=0-(\d{1,15})$/.exec(headers.range ?? '')
  const kept = match === null ? 0 : Number(match[1]) + 1
  if (kept >= start && kept <= end) return kept
  throw lost(session, new Error(`${kept} bytes, not ${start} to ${end}`))
}

function lost(session: Session, cause: Error): Error {
  session.lost = true
  const what = 'the service has lost the upload. Try again from the start'
  return failure(session.upload.call, 'UNAVAILABLE', what, { retryable: true, cause })
}

function stuck({ upload: { call } }: Session): Error {
  const what = 'the service takes no more of the upload. Try again'
  return failure(call, 'UNAVAILABLE', what, { retryable: true, cause: new Error('308 without progress') })
}

const isConflict = (error: unknown): boolean =>
  isResultError(error) && (error.code === 'ALREADY_EXISTS' || error.code === 'PRECONDITION_FAILED')

/** The object, if it is the one that this very write has made. */
async function ownObject({ service, call, key, options }: Upload): Promise<ObjectStat | undefined> {
  const stat = await lookUp(service, call, key)
  return stat?.writeId === options.writeId ? stat : undefined
}

/** Gives up the session. Nobody waits for it: nothing of it is visible, and the service forgets it after a week. */
function cancel({ upload, url }: Session): void {
  const call = { ...upload.call, signal: undefined }
  const { settings, connect } = upload.service
  // A process that has nothing else to do waits no longer than this.
  const service = { connect, settings: { ...settings, silenceMs: Math.min(settings.silenceMs, CANCEL_MS) } }
  const headers = { 'content-length': '0' }
  askText(service, call, { method: 'DELETE', url: () => url, headers, preauthorized: true }).catch(() => {})
}
