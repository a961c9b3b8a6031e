import type { DefinedClass } from '../classes.ts'
import type { Opaque } from '../opaque.ts'
import { TAG } from '../tags.ts'
import { writeHead, writeTag } from '../writer.ts'
import { type Encoding, FRAME, push, refuse } from './encoding.ts'

/** An instance of a class that was given: the index of its class in the table, and its state. */
export function writeInstance(encoding: Encoding, instance: object, defined: DefinedClass): void {
  let state: unknown
  try {
    state = defined.encode(instance)
  } catch (error) {
    encoding.cause ??= error
    refuse(encoding, `instance of class "${defined.name}", whose encode threw`)
  }
  if (state === instance) {
    refuse(encoding, `instance of class "${defined.name}", whose encode gave the instance itself`)
    return
  }
  if (defined.allocate === undefined) encoding.open.add(instance)
  writeState(encoding, defined.name, defined.version, state, instance)
}

/** An instance whose class was not known when it was read. */
export function writeOpaque(encoding: Encoding, opaque: object): void {
  if (!isIntact(opaque) || (!Object.isExtensible(opaque) && !encoding.settings.lossy.has('frozen'))) {
    refuse(encoding, 'changed Opaque: it has just its name, version and state, as they were read')
    return
  }
  const { name, version, state } = opaque
  writeState(encoding, name, version, state, opaque)
}

function isIntact(opaque: object): opaque is Opaque {
  const keys = Reflect.ownKeys(opaque)
  const values = keys.map((key) => Object.getOwnPropertyDescriptor(opaque, key)).filter((own) => own && 'value' in own)
  if (values.length !== OPAQUE_KEYS.length || OPAQUE_KEYS.some((key, at) => keys[at] !== key)) return false
  const [name, version] = values.map((own) => own?.value as unknown)
  return typeof name === 'string' && name.isWellFormed() && Number.isSafeInteger(version) && (version as number) >= 0
}
const OPAQUE_KEYS = ['name', 'version', 'state']

function writeState(encoding: Encoding, name: string, version: number, state: unknown, owner: object): void {
  const { writer, classes } = encoding
  const known = classes.findIndex((entry) => entry.name === name && entry.version === version)
  const index = known >= 0 ? known : classes.push({ name, version }) - 1
  writeTag(writer, TAG.instance)
  writeHead(writer, 0x80, 2)
  writeHead(writer, 0, index)
  push(encoding, FRAME.state, [state], undefined, owner)
}
