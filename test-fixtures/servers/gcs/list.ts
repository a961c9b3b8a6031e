import { invalid } from './refusal.ts'
import { objectResource } from './resource.ts'
import { type Bucket, placeOf, type StoredObject } from './store.ts'

/** A page of `GET /b/B/o`: in the order of UTF-8 bytes, at most `pageSize` items and prefixes. */
export function listPage(bucket: Bucket, query: URLSearchParams, pageSize: number): Record<string, unknown> {
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const endOffset = query.get('endOffset')
  const limit = Math.min(parseLimit(query.get('maxResults')), pageSize)
  const { names, objects } = bucket
  const items: StoredObject[] = []
  const prefixes = new Set<string>()
  let at = startOf(names, query, prefix)
  let last = ''
  let group: string | undefined
  for (; at < names.length; at++) {
    const name = names[at] as string
    const full = items.length + prefixes.size >= limit
    if (full && !(group !== undefined && name.startsWith(group))) break
    if (!name.startsWith(prefix) || (endOffset && placeOf([name], endOffset) === 0)) break
    last = name
    const cut = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length)
    group = cut < 0 ? undefined : name.slice(0, cut + delimiter.length)
    if (group !== undefined) prefixes.add(group)
    else items.push(objects.get(name) as StoredObject)
  }
  const next = names[at]
  const more = next?.startsWith(prefix) === true && !(endOffset && placeOf([next], endOffset) === 0)
  return {
    kind: 'storage#objects',
    nextPageToken: more && last !== '' ? Buffer.from(last).toString('base64url') : undefined,
    prefixes: prefixes.size > 0 ? [...prefixes] : undefined,
    items: items.length > 0 ? items.map(objectResource) : undefined,
  }
}

function parseLimit(text: string | null): number {
  if (text === null) return 1000
  if (!/^[1-9]\d{0,8}$/.test(text)) throw invalid('Invalid maxResults.')
  return Math.min(Number(text), 1000)
}

function startOf(names: readonly string[], query: URLSearchParams, prefix: string): number {
  const token = query.get('pageToken')
  const offset = placeOf(names, query.get('startOffset') ?? '')
  const start = Math.max(offset, placeOf(names, prefix))
  if (token === null) return start
  const last = Buffer.from(token, 'base64url').toString()
  if (last === '' || Buffer.from(last).toString('base64url') !== token) throw invalid('Invalid page token.')
  const after = placeOf(names, last)
  return Math.max(start, names[after] === last ? after + 1 : after)
}
