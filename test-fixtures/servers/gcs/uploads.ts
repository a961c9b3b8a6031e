import type { IncomingMessage } from 'node:http'
import { type Answer, emptyAnswer, jsonAnswer } from './answer.ts'
import { buildContent, checkHashes, parseHashHeader, readRelated, readText } from './content.ts'
import type { FaultAction } from './fault.ts'
import { invalid, refusal } from './refusal.ts'
import { applyFields, objectResource, parseJsonObject, parseSettings } from './resource.ts'
import { CHUNK_UNIT, parseUploadRange, type Session, type Sessions, type UploadRange } from './session.ts'
import { checkName, parsePreconditions, type Store } from './store.ts'
import type { Target } from './target.ts'

/** A request for an upload. */
export interface UploadRequest {
  readonly store: Store
  readonly sessions: Sessions
  readonly request: IncomingMessage
  /** The body, with whatever fault it has. */
  readonly body: AsyncIterable<Uint8Array>
  readonly target: Target
  readonly fault: FaultAction | undefined
  /** The server's own URL. */
  readonly origin: string
}

/** `uploadType=multipart`: metadata and bytes in one request. */
export async function uploadMultipart({ store, request, body, target }: UploadRequest): Promise<Answer> {
  const { bucket, query } = target
  store.bucket(bucket)
  const conditions = parsePreconditions(query)
  const related = await readRelated(request, body)
  const metadata = parseJsonObject(related.json)
  const settings = parseSettings(metadata, query)
  const name = nameOf(target, metadata)
  const builder = buildContent()
  builder.append(related.bytes)
  const content = builder.finish()
  checkHashes(content, metadata, parseHashHeader(request.headers['x-goog-hash']))
  const contentType = settings.contentType ?? related.contentType
  if (contentType !== related.contentType) throw otherContentType(related.contentType, contentType)
  const object = store.publish(bucket, name, content, { ...settings, contentType }, conditions)
  return jsonAnswer(200, applyFields(objectResource(object), query.get('fields')))
}

/** `uploadType=resumable`: the conditions are looked at now, and again when the object is published. */
export async function startSession({ store, sessions, request, body, target, origin }: UploadRequest): Promise<Answer> {
  const { bucket, query } = target
  store.bucket(bucket)
  const conditions = parsePreconditions(query)
  const text = await readText(body)
  const type = request.headers['content-type'] ?? ''
  if (text !== '' && !/^application\/json\b/i.test(type)) throw invalid('Metadata must be application/json.')
  const metadata = text === '' ? {} : parseJsonObject(text)
  const length = request.headers['x-upload-content-length']
  if (length !== undefined && !/^\d{1,15}$/.test(String(length))) throw invalid('Invalid x-upload-content-length.')
  const settings = parseSettings(metadata, query)
  const announced = request.headers['x-upload-content-type']?.toString()
  const contentType = settings.contentType ?? announced
  if (announced !== undefined && announced !== contentType) throw otherContentType(announced, contentType)
  const session = sessions.start({
    bucket,
    name: nameOf(target, metadata),
    settings: { ...settings, contentType },
    conditions,
    announced: metadata,
    fields: query.get('fields'),
    total: length === undefined ? undefined : Number(length),
  })
  try {
    store.checkWrite(bucket, session.name, conditions)
  } catch (error) {
    session.outcome = 'cancelled'
    throw error
  }
  const place = `${origin}/upload/storage/v1/b/${encodeURIComponent(bucket)}/o`
  const location = `${place}?uploadType=resumable&name=${encodeURIComponent(session.name)}&upload_id=${session.id}`
  return emptyAnswer(200, { location, 'x-guploader-uploadid': session.id })
}

function otherContentType(sent: string, said: string | undefined): Error {
  return invalid(
    `Content-Type specified in the upload (${sent}) does not match Content-Type specified in metadata (${said}).`,
  )
}

/** The name in the query or in the metadata; 400 when there is none, or when they differ. */
function nameOf({ name }: Target, metadata: Readonly<Record<string, unknown>>): string {
  const other = metadata['name']
  if (name !== '' && other !== undefined && other !== name) throw invalid('Conflicting object names.')
  const chosen = name === '' && typeof other === 'string' ? other : name
  checkName(chosen)
  return chosen
}

/** DELETE of a session. */
export function cancelSession({ sessions, target }: UploadRequest): Answer {
  const session = sessions.find(target.query.get('upload_id'))
  if (session.outcome !== undefined) throw refusal(404, 'notFound', 'The upload has been finished.')
  session.outcome = 'cancelled'
  return emptyAnswer(499)
}

/** PUT to a session: a chunk, the last chunk, or a status query. */
export async function putChunk(upload: UploadRequest): Promise<Answer> {
  const { store, sessions, request, body, target, fault } = upload
  const session = sessions.find(target.query.get('upload_id'))
  const range = parseUploadRange(request.headers['content-range'])
  checkTotal(session, range)
  const finished = session.outcome
  if (finished !== undefined && finished !== 'cancelled') {
    // Whatever is sent to a finished upload, the answer is its object.
    await readText(emptied(body))
    return jsonAnswer(200, applyFields(objectResource(finished), session.fields))
  }
  if (range.start === undefined) {
    if ((await readText(body)) !== '') throw invalid('A status query has no body.')
    if (range.total !== session.content.size) return incomplete(session)
  } else {
    const limit = fault?.kind === 'persist' ? fault.bytes : Number.POSITIVE_INFINITY
    const { complete, last } = await receive(session, body, { ...range, start: range.start }, limit)
    if (!complete || !last) return incomplete(session)
  }
  return publish(store, session, request.headers['x-goog-hash'])
}

function checkTotal({ total: announced }: Session, { total }: UploadRange): void {
  if (announced !== undefined && total !== undefined && announced !== total)
    throw invalid('The total size is not that of x-upload-content-length.')
}

function publish(store: Store, session: Session, hashes: string | readonly string[] | undefined): Answer {
  const content = session.content.finish()
  const { bucket, name, settings, conditions, total } = session
  if (total !== undefined && total !== content.size) throw invalid('The upload is shorter than announced.')
  try {
    checkHashes(content, session.announced, parseHashHeader(hashes))
    session.outcome = store.publish(bucket, name, content, settings, conditions)
  } catch (error) {
    session.outcome = 'cancelled'
    throw error
  }
  return jsonAnswer(200, applyFields(objectResource(session.outcome), session.fields))
}

function incomplete({ content }: Session): Answer {
  const range = content.size === 0 ? undefined : `bytes=0-${content.size - 1}`
  return emptyAnswer(308, range === undefined ? {} : { range })
}

interface Received {
  /** Whether all bytes of the chunk were kept. */
  readonly complete: boolean
  /** Whether they are the object's last. */
  readonly last: boolean
}

/** Keeps bytes as they arrive, in units of 256 KiB; the rest at the end of the object. */
async function receive(
  session: Session,
  body: AsyncIterable<Uint8Array>,
  { start, end, total }: UploadRange & { readonly start: number },
  limit: number,
): Promise<Received> {
  const { content } = session
  if (start > content.size) throw invalid(`Bytes are missing before offset ${start}: ${content.size} were received.`)
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  let at = start
  let left = limit
  const keep = (bytes: Uint8Array): void => {
    const taken = bytes.subarray(0, left)
    left -= taken.byteLength
    content.append(taken)
  }
  for await (const piece of body) {
    const from = at
    at += piece.byteLength
    if (end !== undefined && at > end) throw invalid('The body is longer than Content-Range says.')
    // What was kept before is not kept twice.
    const known = Math.max(0, content.size + pendingBytes - from)
    if (left === 0 || known >= piece.byteLength) continue
    pending.push(piece.subarray(known))
    pendingBytes += piece.byteLength - known
    if (pendingBytes < CHUNK_UNIT) continue
    const all = Buffer.concat(pending)
    const whole = all.byteLength - (all.byteLength % CHUNK_UNIT)
    keep(all.subarray(0, whole))
    pending = [all.subarray(whole)]
    pendingBytes = all.byteLength - whole
  }
  if (end !== undefined && at !== end) throw invalid('The body is shorter than Content-Range says.')
  if (total !== undefined && at > total) throw invalid('The body is longer than the total.')
  const last = end === undefined || total === at
  if (!last && (at - start) % CHUNK_UNIT !== 0)
    throw invalid('A chunk that is not the last must be a multiple of 256 KiB.')
  if (last) keep(Buffer.concat(pending))
  return { complete: left > 0 && content.size === at, last }
}

/** Reads a body and gives none of it. */
async function* emptied(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const _ of body) yield Buffer.alloc(0)
}
