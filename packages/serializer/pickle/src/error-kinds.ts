/** The errors of the language, with the prototypes that this runtime has. */
export interface ErrorKind {
  readonly name: string
  readonly prototype: object
  readonly create: () => Error
}

let kinds: ReadonlyMap<string, ErrorKind> | undefined

/** By name; `SuppressedError` and `DOMException` only where they exist. */
export function errorKinds(): ReadonlyMap<string, ErrorKind> {
  kinds ??= new Map(listKinds().map((kind) => [kind.name, kind]))
  return kinds
}

function listKinds(): readonly ErrorKind[] {
  const plain = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((type) =>
    kindOf(type, () => new type()),
  )
  const { SuppressedError: Suppressed } = globalThis as unknown as { readonly SuppressedError?: new () => Error }
  return [
    ...plain,
    kindOf(AggregateError, () => new AggregateError([])),
    ...(Suppressed === undefined ? [] : [kindOf(Suppressed, () => new Suppressed())]),
  ]
}

function kindOf(
  { name, prototype }: { readonly name: string; readonly prototype: object },
  create: () => Error,
): ErrorKind {
  return { name, prototype, create }
}

/** Properties of errors that are not enumerable by their nature. */
export function isErrorSlot(key: PropertyKey): boolean {
  return key === 'stack' || key === 'message' || key === 'cause' || key === 'errors' || isSuppressedSlot(key)
}

function isSuppressedSlot(key: PropertyKey): boolean {
  return key === 'error' || key === 'suppressed'
}

/** Runs `create` without making a stack, and takes off all properties that the new error has of its own. */
export function bareError<T extends object>(create: () => T): T {
  const limit = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')
  const settable = limit?.writable === true
  if (settable) Error.stackTraceLimit = 0
  try {
    const error = create()
    for (const key of Reflect.ownKeys(error)) Reflect.deleteProperty(error, key)
    return error
  } finally {
    if (settable) Error.stackTraceLimit = limit.value as number
  }
}
