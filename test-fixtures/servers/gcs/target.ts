import { refusal } from './refusal.ts'

/** What a request asks for. */
export type RequestKind =
  | 'multipart'
  | 'start'
  | 'chunk'
  | 'status'
  | 'cancel'
  | 'media'
  | 'get'
  | 'patch'
  | 'delete'
  | 'list'
  | 'rewrite'
  | 'compose'
  | 'get-bucket'
  | 'create-bucket'

/** A request line, taken apart. Names are decoded; they may hold anything. */
export interface Target {
  readonly kind: RequestKind
  readonly bucket: string
  readonly name: string
  readonly query: URLSearchParams
  /** Where a rewrite goes. */
  readonly to: { readonly bucket: string; readonly name: string } | undefined
}

const UPLOAD = /^(?:\/storage\/v1)?\/(?:resumable\/)?upload\/storage\/v1\/b\/(?<bucket>[^/]+)\/o\/?$/
const META = /^(?:\/storage\/v1|\/download\/storage\/v1)?\/b(?<rest>\/.*)?$/

/** Reads a request line from the raw URL, since names hold encoded slashes. 404 for what the service does not know. */
export function parseTarget(method: string, url: string, contentRange: string | undefined): Target {
  const [path = '', ...search] = url.split('?')
  const query = new URLSearchParams(search.join('?'))
  const upload = UPLOAD.exec(path)?.groups
  if (upload !== undefined) return uploadTarget(method, decode(upload['bucket'] ?? ''), query, contentRange)
  const meta = META.exec(path)
  if (meta === null) throw unknown()
  const parts = (meta.groups?.['rest'] ?? '').split('/').slice(1)
  // A bare trailing slash means the collection.
  if (parts.at(-1) === '') parts.pop()
  return metaTarget(method, parts, query)
}

function uploadTarget(
  method: string,
  bucket: string,
  query: URLSearchParams,
  contentRange: string | undefined,
): Target {
  const target = { bucket, name: query.get('name') ?? '', query, to: undefined }
  const session = query.has('upload_id')
  if (session && method === 'DELETE') return { ...target, kind: 'cancel' }
  if (session && method === 'PUT') return { ...target, kind: contentRange?.startsWith('bytes */') ? 'status' : 'chunk' }
  if (method !== 'POST' || session) throw unknown()
  if (query.get('uploadType') === 'multipart') return { ...target, kind: 'multipart' }
  if (query.get('uploadType') === 'resumable') return { ...target, kind: 'start' }
  throw refusal(400, 'badRequest', 'Unknown upload type.')
}

function metaTarget(method: string, parts: readonly string[], query: URLSearchParams): Target {
  const [bucket = '', o, name, verb, ...more] = parts
  const target = { bucket: decode(bucket), name: decode(name ?? ''), query, to: undefined }
  if (parts.length === 0 && method === 'POST') return { ...target, kind: 'create-bucket' }
  if (parts.length === 1 && method === 'GET') return { ...target, kind: 'get-bucket' }
  if (o !== 'o') throw unknown()
  if (parts.length === 2 && method === 'GET') return { ...target, kind: 'list' }
  if (parts.length === 3) {
    if (method === 'GET') return { ...target, kind: query.get('alt') === 'media' ? 'media' : 'get' }
    if (method === 'PATCH') return { ...target, kind: 'patch' }
    if (method === 'DELETE') return { ...target, kind: 'delete' }
  }
  if (method === 'POST' && verb === 'compose' && more.length === 0) return { ...target, kind: 'compose' }
  const [b, toBucket, toO, toName] = more
  if (method === 'POST' && verb === 'rewriteTo' && b === 'b' && toO === 'o' && more.length === 4)
    return { ...target, kind: 'rewrite', to: { bucket: decode(toBucket ?? ''), name: decode(toName ?? '') } }
  throw unknown()
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw refusal(400, 'invalid', 'The URL is not well-formed UTF-8.')
  }
}

function unknown(): Error {
  return refusal(404, 'unknownUrl', 'Not Found')
}
