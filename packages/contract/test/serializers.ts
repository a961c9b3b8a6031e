import { ResultError, type StreamSerializer, type ValueSerializer } from '@resultkit/core'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function refuse(path: readonly PropertyKey[]): never {
  const message = 'The value cannot be kept.'
  throw new ResultError({ code: 'SERIALIZE', operation: 'serialize', message, issues: [{ message, path }] })
}

function broken(cause?: unknown): never {
  throw new ResultError({ code: 'DESERIALIZE', operation: 'deserialize', message: 'The bytes are not JSON.', cause })
}

function isPlain(value: object): boolean {
  const expected = Array.isArray(value) ? Array.prototype : Object.prototype
  return Object.getPrototypeOf(value) === expected
}

/** Refuses everything that JSON would change. */
export function check(value: unknown, seen: Set<object> = new Set(), path: readonly PropertyKey[] = []): void {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return
  if (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0)) return
  if (typeof value !== 'object' || seen.has(value) || !isPlain(value) || path.length > 500) refuse(path)
  seen.add(value)
  const keys = Reflect.ownKeys(value).filter((key) => !(Array.isArray(value) && key === 'length'))
  if (Array.isArray(value) && keys.length !== value.length) refuse(path)
  for (const key of keys) {
    const property = Object.getOwnPropertyDescriptor(value, key)
    if (typeof key === 'symbol' || !property?.enumerable || property.get || property.set) refuse([...path, key])
    check(property.value, seen, [...path, Array.isArray(value) ? Number(key) : key])
  }
}

/** A strict JSON serializer. */
export function toyJson(): ValueSerializer {
  return {
    name: 'toy-json',
    contentType: 'application/json',
    extension: 'json',
    kind: 'value',
    serialize(value) {
      check(value)
      return encoder.encode(JSON.stringify(value))
    },
    deserialize(bytes) {
      try {
        return JSON.parse(decoder.decode(bytes))
      } catch (cause) {
        return broken(cause)
      }
    },
  }
}

/** Lines of strict JSON. */
export function toyLines(): StreamSerializer {
  const { serialize, deserialize } = toyJson()
  return {
    name: 'toy-lines',
    contentType: 'application/x-ndjson',
    extension: 'ndjson',
    kind: 'stream',
    async *encode(items) {
      for await (const item of items) {
        yield (await serialize(item)) as Uint8Array
        yield encoder.encode('\n')
      }
    },
    async *decode(bytes) {
      let held: number[] = []
      for await (const piece of bytes)
        for (const byte of piece) {
          if (byte !== 10) held.push(byte)
          else {
            yield deserialize(Uint8Array.from(held))
            held = []
          }
        }
      if (held.length > 0) broken()
    },
  }
}

/** Bytes as they are. */
export function toyBytes(copies: boolean = true): ValueSerializer {
  return {
    name: 'toy-bytes',
    contentType: 'application/octet-stream',
    extension: 'bin',
    kind: 'value',
    serialize(value) {
      if (!(value instanceof Uint8Array)) return refuse([])
      return copies ? value.slice() : value
    },
    deserialize: (bytes) => bytes,
  }
}
