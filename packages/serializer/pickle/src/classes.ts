import { configError } from './failure.ts'

/**
 * How instances of one class are kept. The name and version go into the bytes, never the code; on reading, a name is
 * looked up among the classes given to {@link pickle} and nowhere else.
 */
export interface ClassDefinition<Instance extends object = object, State = unknown> {
  /** Unique among the classes of a serializer, such as `acme/Money`. What is stored stays readable as long as it stays. */
  readonly name: string
  /** A positive integer; raise it when the state changes its form, and give `migrate` the step. @default 1 */
  readonly version?: number | undefined
  /** The class. Instances are those whose prototype is exactly `class.prototype`: subclasses need a definition of their own. */
  readonly class: abstract new (
    ...parameters: never[]
  ) => Instance
  /** The state of an instance: any value that pickle keeps. Must not change the instance. */
  readonly encode: (instance: Instance) => State
  /** An instance from its state. Objects in the state that are still being read may not be complete yet: keep them, do not look into them. */
  readonly decode: (state: State) => Instance
  /** An instance without its state, for instances in cycles; goes with `fill`. @default undefined */
  readonly allocate?: (() => Instance) | undefined
  /** Gives an allocated instance its state; called instead of `decode`. @default undefined */
  readonly fill?: ((instance: Instance, state: State) => void) | undefined
  /** By the version it starts from, the step that turns a state into that of the next version. @default {} */
  readonly migrate?: Readonly<Record<number, (state: never) => unknown>> | undefined
}

/** A class definition with its types put aside; made by {@link defineClass}. */
export interface DefinedClass {
  readonly name: string
  readonly version: number
  readonly prototype: object
  readonly encode: (instance: object) => unknown
  readonly decode: (state: unknown) => object
  readonly allocate: (() => object) | undefined
  readonly fill: ((instance: object, state: unknown) => void) | undefined
  readonly migrate: ReadonlyMap<number, (state: unknown) => unknown>
}

/**
 * Checks a definition for `pickle({ classes: [...] })`; nothing is registered anywhere. Instance and state are inferred.
 *
 * Errors: CONFIG for an empty name, a version that is no positive integer, `allocate` without `fill` or the reverse, and a
 * migration that starts from no earlier version.
 */
export function defineClass<Instance extends object, State>(
  definition: ClassDefinition<Instance, State>,
): DefinedClass {
  const { name, version = 1, encode, decode, allocate, fill, migrate = {} } = definition
  if (typeof name !== 'string' || name === '' || !name.isWellFormed()) throw configError('defineClass needs a name.')
  if (!Number.isSafeInteger(version) || version < 1)
    throw configError(`The version of class "${name}" must be a positive integer.`)
  if (typeof definition.class !== 'function' || typeof encode !== 'function' || typeof decode !== 'function')
    throw configError(`Class "${name}" needs class, encode and decode.`)
  if ((allocate === undefined) !== (fill === undefined))
    throw configError(`Class "${name}" has one of allocate and fill; they go together.`)
  return {
    name,
    version,
    prototype: definition.class.prototype as object,
    // Instances are told by their prototype, and states by the name they are stored with.
    encode: encode as (instance: object) => unknown,
    decode: decode as (state: unknown) => object,
    allocate,
    fill: fill as ((instance: object, state: unknown) => void) | undefined,
    migrate: migrations(name, version, migrate),
  }
}

function migrations(
  name: string,
  version: number,
  steps: Readonly<Record<number, (state: never) => unknown>>,
): ReadonlyMap<number, (state: unknown) => unknown> {
  const entries = Object.entries(steps).map(
    ([from, step]) => [Number(from), step as (state: unknown) => unknown] as const,
  )
  const wrong = entries.find(([from]) => !Number.isSafeInteger(from) || from < 1 || from >= version)
  if (wrong !== undefined)
    throw configError(`Class "${name}" migrates from version ${wrong[0]}, which is not before its version ${version}.`)
  return new Map(entries)
}

/** The classes of one serializer, by prototype and by name. Errors: CONFIG for two with one name or class. */
export interface ClassRegistry {
  readonly byPrototype: ReadonlyMap<object, DefinedClass>
  readonly byName: ReadonlyMap<string, DefinedClass>
}

/** Errors: CONFIG. */
export function classRegistry(classes: readonly DefinedClass[]): ClassRegistry {
  const byPrototype = new Map<object, DefinedClass>()
  const byName = new Map<string, DefinedClass>()
  for (const defined of classes) {
    if (!(defined?.migrate instanceof Map)) throw configError('classes takes what defineClass gives.')
    const { name, prototype } = defined
    if (byName.has(name)) throw configError(`Two classes are named "${name}".`)
    if (byPrototype.has(prototype)) throw configError(`The class of "${name}" is defined twice.`)
    byName.set(name, defined)
    byPrototype.set(prototype, defined)
  }
  return { byPrototype, byName }
}
