import type { DefinedClass } from '../classes.ts'
import { decodeError, malformed } from '../failure.ts'
import { allocateOpaque, fillOpaque } from '../opaque.ts'
import type { Settings } from '../options.ts'
import { noHole } from './containers.ts'
import { bindShare, type Decoding, type FrameKind, OPENED, open, type StoredClass } from './decoding.ts'
import { readHead } from './reader.ts'

/** Looks the classes of a pickle up among those that were given. Errors: UNSUPPORTED for one that cannot be read. */
export function resolveClasses(
  entries: readonly { readonly name: string; readonly version: number }[],
  { classes, opaque }: Settings,
): readonly StoredClass[] {
  return entries.map(({ name, version }) => {
    const defined = classes.byName.get(name)
    if (defined === undefined && !opaque) throw unknownClass(name, [...classes.byName.keys()])
    if (defined !== undefined) checkVersion(defined, version)
    return { name, version, defined }
  })
}

function unknownClass(name: string, known: readonly string[]): Error {
  const list = known.length === 0 ? 'No classes were given' : `Known are ${known.map((one) => `"${one}"`).join(', ')}`
  const message = `The pickle holds instances of class "${name}", which is not known here. ${list}. Give it in pickle({ classes }), or keep its state with onUnknownClass: 'opaque'.`
  return decodeError('UNSUPPORTED', message)
}

function checkVersion({ name, version, migrate }: DefinedClass, stored: number): void {
  if (stored > version) {
    const message = `The pickle holds version ${stored} of class "${name}"; known here is version ${version}. Read it with the program that wrote it, or a newer one.`
    throw decodeError('UNSUPPORTED', message)
  }
  for (let from = stored; from < version; from++) {
    if (migrate.has(from)) continue
    const message = `The pickle holds version ${stored} of class "${name}", and nothing migrates version ${from}. Give migrate: { ${from}: (state) => ... }.`
    throw decodeError('UNSUPPORTED', message)
  }
}

/** Opens an instance: the index of its class has to be read, and its state follows. */
export function openInstance(decoding: Decoding, count: number): typeof OPENED {
  const stored = decoding.classes[count === 2 ? readHead(decoding.reader, 0) : -1]
  if (stored === undefined) throw malformed('an instance of a class that is not in its table')
  const { defined } = stored
  const target =
    defined === undefined ? allocateOpaque(stored.name, stored.version) : defined.allocate && allocate(defined)
  open(decoding, INSTANCE, target, 1)
  const frame = decoding.frames[decoding.depth - 1]
  if (frame !== undefined) frame.key = stored
  if (target !== undefined) decoding.instances.add(target)
  return OPENED
}

function allocate(defined: DefinedClass): object {
  return run(defined, 'allocate', () => defined.allocate?.())
}

const INSTANCE: FrameKind = {
  takesSections: false,
  isLabel: false,
  attach(frame, value) {
    frame.values = [noHole(value)]
  },
  close(frame, decoding) {
    const { defined, version } = frame.key as StoredClass
    const target = frame.target as object | undefined
    const [stored] = frame.values
    if (defined === undefined) {
      fillOpaque(target as object, stored)
      return target
    }
    const state = migrated(defined, version, stored)
    if (target === undefined) {
      const instance = run(defined, 'decode', () => defined.decode(state))
      decoding.instances.add(instance)
      return bindShare(decoding, frame, instance)
    }
    return run(defined, 'fill', () => {
      defined.fill?.(target, state)
      return target
    })
  },
}

function migrated(defined: DefinedClass, version: number, stored: unknown): unknown {
  let state = stored
  for (let from = version; from < defined.version; from++) {
    const step = defined.migrate.get(from)
    const before = state
    run(defined, `migration from version ${from}`, () => {
      state = step?.(before)
      return defined
    })
  }
  return state
}

function run(defined: DefinedClass, what: string, work: () => object | undefined): object {
  let outcome: object | undefined
  try {
    outcome = work()
  } catch (error) {
    throw decodeError('DESERIALIZE', `The ${what} of class "${defined.name}" threw; see the cause.`, error)
  }
  if (typeof outcome === 'object' && outcome !== null) return outcome
  throw decodeError('DESERIALIZE', `The ${what} of class "${defined.name}" gave no instance.`)
}
