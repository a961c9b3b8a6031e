import { conditionNotMet, invalid, noSuchBucket, noSuchObject } from './refusal.ts'

/** A stored object, one generation of it. */
export interface StoredObject {
  readonly bucket: string
  readonly name: string
  readonly generation: string
  readonly metageneration: number
  readonly pieces: readonly Uint8Array[]
  readonly size: number
  readonly crc32c: string
  readonly md5Hash: string
  readonly timeCreated: string
  readonly updated: string
  readonly settings: ObjectSettings
}

/** What a client may say about an object. */
export interface ObjectSettings {
  readonly contentType: string | undefined
  readonly contentEncoding: string | undefined
  readonly storageClass: string
  readonly kmsKeyName: string | undefined
  readonly metadata: Readonly<Record<string, string>> | undefined
}

/** Bytes that are ready to be published. */
export type Content = Pick<StoredObject, 'pieces' | 'size' | 'crc32c' | 'md5Hash'>

/** `if...Match` of a request; generations as text. */
export interface Preconditions {
  readonly ifGenerationMatch: string | undefined
  readonly ifGenerationNotMatch: string | undefined
  readonly ifMetagenerationMatch: string | undefined
}

/** A bucket. */
export interface Bucket {
  readonly name: string
  readonly requesterPays: boolean
  readonly objects: Map<string, StoredObject>
  /** Names in the order of their UTF-8 bytes. */
  readonly names: string[]
}

/** All buckets of a server. */
export interface Store {
  readonly buckets: Map<string, Bucket>
  createBucket(name: string, requesterPays?: boolean): Bucket
  bucket(name: string): Bucket
  /** 404 when absent, 412 when a condition does not hold; `undefined` when `ifGenerationNotMatch` says 304. */
  find(bucket: string, name: string, conditions: Preconditions): StoredObject | undefined
  /** Checks the conditions and publishes, with nothing in between: one of any number of racers wins. */
  publish(
    bucket: string,
    name: string,
    content: Content,
    settings: ObjectSettings,
    conditions: Preconditions,
  ): StoredObject
  /** Looks at the conditions of a write without doing it. */
  checkWrite(bucket: string, name: string, conditions: Preconditions): void
  patch(object: StoredObject, settings: ObjectSettings): StoredObject
  remove(bucket: string, name: string, conditions: Preconditions): void
}

/** A store without buckets. */
export function createStore(): Store {
  const buckets = new Map<string, Bucket>()
  let lastGeneration = 0

  const bucket = (name: string): Bucket => {
    const found = buckets.get(name)
    if (found === undefined) throw noSuchBucket()
    return found
  }
  const nextGeneration = (): string => {
    lastGeneration = Math.max(lastGeneration + 1, Date.now() * 1000)
    return String(lastGeneration)
  }
  const checkWrite: Store['checkWrite'] = (bucketName, name, conditions) => {
    const current = bucket(bucketName).objects.get(name)
    if (!holds(conditions, current)) throw conditionNotMet()
  }

  return {
    buckets,
    bucket,
    checkWrite,
    createBucket(name, requesterPays = false) {
      const made: Bucket = { name, requesterPays, objects: new Map(), names: [] }
      buckets.set(name, made)
      return made
    },
    find(bucketName, name, conditions) {
      const found = bucket(bucketName).objects.get(name)
      if (found === undefined) throw noSuchObject(bucketName, name)
      const { ifGenerationNotMatch, ...others } = conditions
      if (!holds({ ...others, ifGenerationNotMatch: undefined }, found)) throw conditionNotMet()
      return found.generation === ifGenerationNotMatch ? undefined : found
    },
    publish(bucketName, name, content, settings, conditions) {
      checkWrite(bucketName, name, conditions)
      const { objects, names } = bucket(bucketName)
      if (!objects.has(name)) names.splice(placeOf(names, name), 0, name)
      const now = new Date().toISOString()
      const object: StoredObject = {
        bucket: bucketName,
        name,
        generation: nextGeneration(),
        metageneration: 1,
        timeCreated: now,
        updated: now,
        settings,
        ...content,
      }
      objects.set(name, object)
      return object
    },
    patch(object, settings) {
      const updated = new Date().toISOString()
      const changed = { ...object, settings, updated, metageneration: object.metageneration + 1 }
      bucket(object.bucket).objects.set(object.name, changed)
      return changed
    },
    remove(bucketName, name, conditions) {
      const { objects, names } = bucket(bucketName)
      const found = objects.get(name)
      if (found === undefined) throw noSuchObject(bucketName, name)
      if (!holds(conditions, found)) throw conditionNotMet()
      objects.delete(name)
      names.splice(placeOf(names, name), 1)
    },
  }
}

function holds(conditions: Preconditions, current: StoredObject | undefined): boolean {
  const { ifGenerationMatch, ifGenerationNotMatch, ifMetagenerationMatch } = conditions
  const generation = current?.generation ?? '0'
  if (ifGenerationMatch !== undefined && ifGenerationMatch !== generation) return false
  if (ifGenerationNotMatch !== undefined && ifGenerationNotMatch === generation) return false
  return ifMetagenerationMatch === undefined || ifMetagenerationMatch === String(current?.metageneration ?? 0)
}

/** The conditions in a query. 400 unless they are integers. */
export function parsePreconditions(query: URLSearchParams): Preconditions {
  const take = (name: string): string | undefined => {
    const value = query.get(name)
    if (value !== null && !/^\d{1,18}$/.test(value)) throw invalid(`Invalid value for ${name}.`)
    return value ?? undefined
  }
  return {
    ifGenerationMatch: take('ifGenerationMatch'),
    ifGenerationNotMatch: take('ifGenerationNotMatch'),
    ifMetagenerationMatch: take('ifMetagenerationMatch'),
  }
}

/** Where a name stands or would stand. */
export function placeOf(names: readonly string[], name: string): number {
  let low = 0
  let high = names.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareNames(names[middle] as string, name) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function compareNames(a: string, b: string): number {
  if (a === b) return 0
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

const encoder = new TextEncoder()

/** 400 for a name that the service refuses. */
export function checkName(name: string): void {
  const bytes = encoder.encode(name).byteLength
  if (name === '') throw invalid('Required object name is missing.')
  if (bytes > 1024) throw invalid('The specified object name is too long: at most 1024 bytes of UTF-8.')
  if (name === '.' || name === '..') throw invalid('Object names cannot be . or ...')
  if (/[\r\n]/.test(name)) throw invalid('Object names cannot contain carriage returns or line feeds.')
  if (name.startsWith('.well-known/acme-challenge/'))
    throw invalid('Object names cannot start with .well-known/acme-challenge/.')
  if (name.includes('\0')) throw invalid('Object names cannot contain NUL.')
}
