import {
  type JsonValue,
  json,
  jsonTypes,
  Result,
  ResultError,
  type Serializer,
  type ValidationOutcome,
  type Validator,
} from '@resultkit/core'

/** A result type without a storage: its location says it all, or is not needed. A task's `result` takes it. */
export interface ResultAdapter<T = unknown> {
  readonly kind: 'inline' | 'constant' | 'secret' | 'handler'
  /** Keeps a value and gives its location. UNSUPPORTED where nothing can be written. */
  write(value: T): Promise<JsonValue>
  /** The value of a location. */
  read(location?: JsonValue): Promise<T>
  /** Whether a location has a value. */
  exists(location?: JsonValue): Promise<boolean>
  /** Whether a value passes the validators. */
  validate(value: unknown): Promise<ValidationOutcome>
}

/** Options of {@link inlineResult}. */
export interface InlineResultOptions<T> {
  /** One whose bytes are JSON text. @default json() with Dates */
  readonly serializer?: Serializer | undefined
  /** @default [] */
  readonly validators?: readonly Validator<T>[] | undefined
}

/**
 * A result whose location is its JSON text: for small values that may be seen by whoever sees the location. No storage,
 * and no limit on its length. Errors: CONFIG for a serializer that does not give JSON, SERIALIZE, DESERIALIZE.
 */
export function inlineResult<T = unknown>(options: InlineResultOptions<T> = {}): ResultAdapter<T> {
  const { serializer = json({ types: [jsonTypes.date] }), validators = [] } = options
  if (serializer.kind !== 'value' || serializer.contentType !== 'application/json') {
    const message = `inlineResult keeps JSON text, and the serializer "${serializer.name}" gives something else. Use json(), with types if needed.`
    throw new ResultError({ code: 'CONFIG', operation: 'inlineResult', message })
  }
  const checked = validation(validators)
  const read = async (location?: JsonValue): Promise<T> =>
    serializer.deserialize(new TextEncoder().encode(String(location))) as T
  return {
    kind: 'inline',
    async write(value: T): Promise<string> {
      const bytes = await serializer.serialize(value)
      const parts = bytes instanceof Uint8Array ? [bytes] : bytes
      const decoder = new TextDecoder()
      return parts.map((part) => decoder.decode(part, { stream: true })).join('') + decoder.decode()
    },
    read,
    exists: (location) =>
      read(location).then(
        () => true,
        () => false,
      ),
    validate: checked,
  }
}

/** A result that is always this value. Its `write` is UNSUPPORTED; it takes no serializer. */
export function constantResult<T>(value: T, options: NoSerializer = {}): ResultAdapter<T> {
  refuseSerializer('constantResult', options)
  return {
    kind: 'constant',
    write: () => Promise.reject(readOnlyResult('constantResult')),
    read: async () => value,
    exists: async () => true,
    validate: validation([]),
  }
}

/**
 * A result that asks its source at every read: nothing is kept, in memory or elsewhere. The source is given the location,
 * such as a secret's name. Its `write` is UNSUPPORTED; it takes no serializer. What the source throws passes through.
 */
export function secretResult<T = string>(
  ask: (name: string) => T | Promise<T>,
  options: NoSerializer = {},
): ResultAdapter<T> {
  refuseSerializer('secretResult', options)
  checkFunctions('secretResult', { source: ask })
  const read = async (location?: JsonValue): Promise<T> => ask(String(location))
  return {
    kind: 'secret',
    write: () => Promise.reject(readOnlyResult('secretResult')),
    read,
    exists: async (location) => (await read(location)) !== undefined,
    validate: validation([]),
  }
}

/** Result types without stored bytes have nothing to serialize: an object here may have no members. */
export type NoSerializer = Readonly<Record<string, never>>

/** An old pair of functions that read and write. */
export interface ResultHandler<T> {
  read(location: JsonValue): T | Promise<T>
  /** Gives a location that JSON can hold, typically a uri. */
  write(value: T): JsonValue | Promise<JsonValue>
  exists?(location: JsonValue): boolean | Promise<boolean>
}

/**
 * A result out of an old read/write handler. Without its own `exists`, `exists` is UNSUPPORTED. `write` is CONFIG when the
 * handler gives a location that JSON cannot hold, since locations leave with the state.
 */
export function fromHandler<T>(handler: ResultHandler<T>): ResultAdapter<T> {
  checkFunctions('fromHandler', { read: handler?.read, write: handler?.write })
  return {
    kind: 'handler',
    write: async (value) => checkedLocation(await handler.write(value)),
    read: async (location = null) => handler.read(location),
    async exists(location = null): Promise<boolean> {
      if (handler.exists !== undefined) return handler.exists(location)
      const message = 'The handler has no exists function. Give it exists(location).'
      throw new ResultError({ code: 'UNSUPPORTED', operation: 'exists', message })
    },
    validate: validation([]),
  }
}

const strict = json()

/** A copy through JSON: what is kept and changed later has left already. CONFIG for what JSON cannot hold. */
export function checkedLocation(location: JsonValue): JsonValue {
  try {
    return strict.deserialize(strict.serialize(location) as Uint8Array) as JsonValue
  } catch (cause) {
    const message = 'JSON cannot hold this location. Give a text such as a uri, or plain JSON.'
    throw new ResultError({ code: 'CONFIG', operation: 'write', message, cause })
  }
}

function checkFunctions(name: string, members: Readonly<Record<string, unknown>>): void {
  const missing = Object.keys(members).find((member) => typeof members[member] !== 'function')
  if (missing === undefined) return
  const message = `${name}: its ${missing} is a function.`
  throw new ResultError({ code: 'CONFIG', operation: name, message })
}

/** Whether a task's `result` is one of these. */
export function isResultAdapter(value: object): value is ResultAdapter {
  return 'kind' in value && 'exists' in value && !('with' in value)
}

function validation<T>(validators: readonly Validator<T>[]): ResultAdapter<T>['validate'] {
  const result = new Result<T>({ validators, serializer: 'json' })
  return (value) => result.validate(value)
}

function refuseSerializer(name: string, options: object): void {
  const [given] = Object.keys(options)
  if (given === undefined) return
  const message = `${name} stores nothing, so it takes no options; it was given "${given}". Leave it out.`
  throw new ResultError({ code: 'CONFIG', operation: name, message })
}

function readOnlyResult(name: string): ResultError {
  const message = `write: a ${name} can only be read. Choose a Result type with a storage.`
  return new ResultError({ code: 'UNSUPPORTED', operation: 'write', message })
}
