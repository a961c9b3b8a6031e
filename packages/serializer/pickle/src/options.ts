import type { ClassRegistry, DefinedClass } from './classes.ts'
import { classRegistry } from './classes.ts'
import { configError } from './failure.ts'

/**
 * What may be lost on purpose.
 *
 * - `stack` the stacks of errors: they name files of a machine, and make equal errors differ
 * - `errorClass` the class of an unregistered subclass of Error: it comes back as the nearest built-in error, with its name
 * - `frozen` that an object is frozen, sealed or not extensible
 * - `lastIndex` the position of a regular expression
 * - `functions` functions and unregistered symbols, which become `undefined`
 * - `backing` what a view does not show of its buffer, and that views share it
 */
export type PickleLoss = 'stack' | 'errorClass' | 'frozen' | 'lastIndex' | 'functions' | 'backing'

const LOSSES: readonly PickleLoss[] = ['stack', 'errorClass', 'frozen', 'lastIndex', 'functions', 'backing']

/** The options of {@link pickle}. */
export interface PickleOptions {
  /** The classes whose instances are kept, each from `defineClass`. @default [] */
  readonly classes?: readonly DefinedClass[] | undefined
  /** Reading an instance whose class is not known: an UNSUPPORTED error, or an `Opaque` that encodes again. @default 'error' */
  readonly onUnknownClass?: 'error' | 'opaque' | undefined
  /** Losses to accept. @default [] */
  readonly lossy?: readonly PickleLoss[] | undefined
  /** Properties with a getter are refused, or the getter is run and its value kept as a plain property. @default 'refuse' */
  readonly getters?: 'refuse' | 'run' | undefined
  /**
   * Whether repeated texts and objects of equal keys are written once and referred to. `false` writes larger, plainer CBOR for
   * readers in other languages; what is read is the same. @default true
   */
  readonly compact?: boolean | undefined
  /**
   * Reading typed arrays over large buffers: memory of their own, or views of the bytes that were read, which then must not
   * change and stay in memory. As views, `byteOffset` and `buffer` differ from what was written, and an ArrayBuffer that is itself
   * part of the value is a copy that no view shares. @default 'copy'
   */
  readonly buffers?: 'copy' | 'view' | undefined
  /**
   * Writing large buffers: a copy, or the caller's own memory, which then must not change until the bytes are stored.
   * @default 'copy'
   */
  readonly writeBuffers?: 'copy' | 'borrow' | undefined
  /** Whether large buffers are compared with their checksums on reading. The rest always is. @default true */
  readonly verifyBuffers?: boolean | undefined
  /** Most bytes to read; TOO_LARGE. @default no limit */
  readonly maxBytes?: number | undefined
  /** Most values, with all that are inside, to read; TOO_LARGE. @default no limit beyond the number of bytes */
  readonly maxNodes?: number | undefined
  /** Deepest nesting to write (SERIALIZE) or read (TOO_LARGE). @default 1_000_000 */
  readonly maxDepth?: number | undefined
  /** Most bytes of one BigInt to write (SERIALIZE) or read (TOO_LARGE). @default 16_777_216 */
  readonly maxBigIntBytes?: number | undefined
  /** Most holes in all arrays to write (SERIALIZE) or read (TOO_LARGE): a loop over them takes time. @default 10_000_000 */
  readonly maxHoles?: number | undefined
}

/** The options with their defaults. */
export interface Settings {
  readonly classes: ClassRegistry
  readonly opaque: boolean
  readonly lossy: ReadonlySet<PickleLoss>
  readonly runGetters: boolean
  readonly compact: boolean
  readonly view: boolean
  readonly borrow: boolean
  readonly verifyBuffers: boolean
  readonly maxBytes: number
  readonly maxNodes: number
  readonly maxDepth: number
  readonly maxBigIntBytes: number
  readonly maxHoles: number
}

const LIMITS = {
  maxBytes: Number.MAX_SAFE_INTEGER,
  maxNodes: Number.MAX_SAFE_INTEGER,
  maxDepth: 1_000_000,
  maxBigIntBytes: 16 * 1024 * 1024,
  maxHoles: 10_000_000,
}

const KNOWN = [
  ...['classes', 'onUnknownClass', 'lossy', 'getters', 'compact', 'buffers', 'writeBuffers', 'verifyBuffers'],
  ...Object.keys(LIMITS),
]

/** Errors: CONFIG, which names the option. */
export function parseOptions(options: PickleOptions): Settings {
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name))
  if (unknown !== undefined) throw configError(`pickle has no option "${unknown}". It has ${KNOWN.join(', ')}.`)
  const { classes = [], lossy = [], compact = true, verifyBuffers = true } = options
  if (!Array.isArray(classes) || !Array.isArray(lossy)) throw configError('classes and lossy are arrays.')
  if (typeof compact !== 'boolean' || typeof verifyBuffers !== 'boolean')
    throw configError('compact and verifyBuffers are true or false.')
  const wrong = lossy.find((loss) => !LOSSES.includes(loss))
  if (wrong !== undefined) throw configError(`lossy does not know "${wrong}". It knows ${LOSSES.join(', ')}.`)
  return {
    classes: classRegistry(classes),
    opaque: oneOf(options, 'onUnknownClass', ['error', 'opaque']) === 'opaque',
    lossy: new Set(lossy),
    runGetters: oneOf(options, 'getters', ['refuse', 'run']) === 'run',
    compact,
    view: oneOf(options, 'buffers', ['copy', 'view']) === 'view',
    borrow: oneOf(options, 'writeBuffers', ['copy', 'borrow']) === 'borrow',
    verifyBuffers,
    ...limits(options),
  }
}

function oneOf<Name extends keyof PickleOptions>(
  options: PickleOptions,
  name: Name,
  allowed: readonly [string, ...string[]],
): string {
  const value = options[name] ?? allowed[0]
  if (typeof value !== 'string' || !allowed.includes(value))
    throw configError(`${name} is one of ${allowed.join(', ')}.`)
  return value
}

function limits(options: PickleOptions): typeof LIMITS {
  const parsed = { ...LIMITS }
  for (const name of Object.keys(LIMITS) as (keyof typeof LIMITS)[]) {
    const value = options[name] ?? LIMITS[name]
    if (typeof value !== 'number' || !(value >= 0)) throw configError(`${name} is a number, 0 or more.`)
    parsed[name] = value
  }
  return parsed
}
