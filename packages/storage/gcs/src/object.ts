import type { ObjectStat } from '@resultkit/core'
import { type Call, failure } from './failure.ts'
import { encodeName } from './names.ts'
import type { Service } from './service.ts'

/** Custom metadata that names the write. */
export const WRITE_ID = 'resultkit-write-id'
/** What is asked for of an object's metadata. */
export const STAT_FIELDS = 'size,generation,timeCreated,metadata'

const encoder = new TextEncoder()

/** The object's name; INVALID_KEY when it would be longer than the service takes. */
export function objectName({ settings }: Service, call: Call, key: string): string {
  const name = encodeName(settings.prefix + key)
  // No key of a third of the limit can be too long.
  if (name.length <= 341 || encoder.encode(name).byteLength <= 1024) return name
  const what = 'the key makes an object name of more than 1,024 bytes. Use a shorter key or a shorter prefix'
  throw failure(call, 'INVALID_KEY', what)
}

/** A generation that an etag names; `undefined` for an etag that no object here can have. */
export function generationOf(etag: string): string | undefined {
  return /^[1-9]\d{0,17}$/.test(etag) ? etag : undefined
}

/** What an object resource says. UNAVAILABLE when it lacks what every object has. */
export function statOf(call: Call, key: string, resource: Readonly<Record<string, unknown>>): ObjectStat {
  const { size, generation, timeCreated, metadata } = resource
  if (typeof generation !== 'string' || !/^\d+$/.test(String(size))) {
    const what = 'the answer describes no object. Look at apiEndpoint, and at proxies on the way'
    throw failure(call, 'UNAVAILABLE', what, { cause: new Error('no generation or no size') })
  }
  const writeId = (metadata as Readonly<Record<string, unknown>> | undefined)?.[WRITE_ID]
  return {
    key,
    size: Number(size),
    lastModified: dateOf(timeCreated),
    etag: generation,
    writeId: typeof writeId === 'string' ? writeId : undefined,
  }
}

/** A date, if it is one. */
export function dateOf(text: unknown): Date | undefined {
  const date = new Date(typeof text === 'string' ? text : Number.NaN)
  return Number.isNaN(date.getTime()) ? undefined : date
}
