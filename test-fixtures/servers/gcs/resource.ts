import { invalid } from './refusal.ts'
import type { Bucket, ObjectSettings, StoredObject } from './store.ts'

/** An object as the JSON API describes it: numbers are strings. */
export function objectResource(object: StoredObject): Record<string, unknown> {
  const { bucket, name, generation, metageneration, size, crc32c, md5Hash, timeCreated, updated, settings } = object
  return {
    kind: 'storage#object',
    id: `${bucket}/${name}/${generation}`,
    name,
    bucket,
    generation,
    metageneration: String(metageneration),
    contentType: settings.contentType,
    contentEncoding: settings.contentEncoding,
    storageClass: settings.storageClass,
    kmsKeyName: settings.kmsKeyName && `${settings.kmsKeyName}/cryptoKeyVersions/1`,
    metadata: settings.metadata,
    size: String(size),
    md5Hash,
    crc32c,
    etag: Buffer.from(`${generation}/${metageneration}`).toString('base64'),
    timeCreated,
    updated,
  }
}

/** A bucket as the JSON API describes it. */
export function bucketResource({ name, requesterPays }: Bucket): Record<string, unknown> {
  return {
    kind: 'storage#bucket',
    id: name,
    name,
    location: 'US',
    storageClass: 'STANDARD',
    billing: { requesterPays },
  }
}

const STORAGE_CLASSES = ['STANDARD', 'NEARLINE', 'COLDLINE', 'ARCHIVE', 'REGIONAL', 'MULTI_REGIONAL']

/** What the metadata of an upload may say; 400 for what is no metadata. */
export function parseSettings(json: Readonly<Record<string, unknown>>, query: URLSearchParams): ObjectSettings {
  const text = (name: string): string | undefined => {
    const value = json[name]
    if (value !== undefined && value !== null && typeof value !== 'string') throw invalid(`Invalid value for ${name}.`)
    return value ?? undefined
  }
  const storageClass = text('storageClass') ?? 'STANDARD'
  if (!STORAGE_CLASSES.includes(storageClass)) throw invalid('Invalid storage class.')
  const kmsKeyName = query.get('kmsKeyName') ?? text('kmsKeyName')
  if (
    kmsKeyName !== undefined &&
    !/^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/.test(kmsKeyName)
  )
    throw invalid('Invalid Cloud KMS key name.')
  return {
    contentType: text('contentType'),
    contentEncoding: text('contentEncoding'),
    storageClass,
    kmsKeyName,
    metadata: parseMetadata(json['metadata']),
  }
}

function parseMetadata(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined
  const entries = typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : undefined
  if (entries === undefined || entries.some(([, text]) => typeof text !== 'string'))
    throw invalid('Custom metadata must be strings.')
  return Object.fromEntries(entries) as Record<string, string>
}

/** Text as a JSON object; 400 when it is none. */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {}
  throw invalid('Parse Error')
}

/** Leaves what a `fields` mask names, such as `items(name,size),nextPageToken`: a client gets what it asked for. */
export function applyFields(value: unknown, mask: string | null): unknown {
  if (mask === null) return value
  const parsed = parseMask(mask)
  return project(value, parsed)
}

interface Mask {
  readonly [name: string]: Mask | undefined
}

function parseMask(mask: string): Mask {
  const tokens = mask.match(/[\w*-]+|[(),/]/g) ?? []
  if (tokens.join('') !== mask) throw invalid('Invalid field selection.')
  let at = 0
  const list = (): Mask => {
    const names: Record<string, Mask | undefined> = {}
    do {
      const name = tokens[at++]
      if (name === undefined || !/^[\w*-]+$/.test(name)) throw invalid('Invalid field selection.')
      names[name] = below()
    } while (tokens[at] === ',' && ++at > 0)
    return names
  }
  const below = (): Mask | undefined => {
    const token = tokens[at]
    if (token !== '(' && token !== '/') return undefined
    at++
    if (token === '/') {
      const name = tokens[at++] ?? ''
      return { [name]: below() }
    }
    const inner = list()
    if (tokens[at++] !== ')') throw invalid('Invalid field selection.')
    return inner
  }
  const parsed = list()
  if (at !== tokens.length) throw invalid('Invalid field selection.')
  return parsed
}

function project(value: unknown, mask: Mask | undefined): unknown {
  if (mask === undefined || '*' in mask) return value
  if (Array.isArray(value)) return value.map((item) => project(item, mask))
  if (typeof value !== 'object' || value === null) return value
  const members = value as Readonly<Record<string, unknown>>
  const kept = Object.entries(mask).filter(([name]) => members[name] !== undefined)
  return Object.fromEntries(kept.map(([name, inner]) => [name, project(members[name], inner)]))
}
