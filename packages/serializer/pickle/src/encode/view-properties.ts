import { platform } from '../platform.ts'
import type { Encoding } from './encoding.ts'
import { integrityOf, readProperties, writeIntegrity, writeProperties } from './properties.ts'

const MANY = 24
/** What Node prints of a typed array that has nothing of its own. */
const ONLY_ITEMS =
  /^\w+\(\d+\)(?: \[Uint8Array\])? \[ \.\.\. \d+ more items?, \[BYTES_PER_ELEMENT\]: \d, \[length\]: \d+, \[byteLength\]: \d+, \[byteOffset\]: \d+, \[buffer\]: \w+ \{ \[byteLength\]: \d+ \}(?:, parent: \[Getter\], offset: \[Getter\])? \]$/
/** What it prints although it is inherited; of an own property it would print the same, and would run its getter. */
const PRINTED = ['BYTES_PER_ELEMENT', 'length', 'byteLength', 'byteOffset', 'buffer', 'parent', 'offset', 'constructor']

/** Integrity and own properties. The keys of a large typed array would all have to become texts; Node can print the others alone. */
export function writeOwn(encoding: Encoding, object: object, length: number): void {
  const level = integrityOf(object)
  writeIntegrity(encoding, level)
  if (length > MANY && hasOnlyItems(object)) return
  // Indexes come first.
  const keys = Reflect.ownKeys(object).slice(length)
  if (keys.length > 0) writeProperties(encoding, readProperties(encoding, object, keys, level).pairs)
}

function hasOnlyItems(object: object): boolean {
  const { inspect } = platform()
  if (inspect === undefined || PRINTED.some((name) => Object.hasOwn(object, name))) return false
  return ONLY_ITEMS.test(inspect(object, INSPECT))
}
const INSPECT = {
  maxArrayLength: 0,
  showHidden: true,
  customInspect: false,
  depth: 0,
  breakLength: Number.POSITIVE_INFINITY,
  compact: true,
}
