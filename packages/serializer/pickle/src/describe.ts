import { type ClassEntry, readClasses, readHeader } from './decode/container.ts'
import { malformed } from './failure.ts'

/** What the header of a pickle says. */
export interface PickleDescription {
  /** The version of the format that wrote it. */
  readonly formatVersion: number
  /** The lowest version that can read it. */
  readonly readerVersion: number
  /** The classes whose instances are inside, in the order of their first instance. */
  readonly classes: readonly { readonly name: string; readonly version: number }[]
  /** Where the CBOR graph is, in bytes from the beginning. */
  readonly graph: { readonly offset: number; readonly length: number }
  /** Where the large buffers are. */
  readonly buffers: readonly { readonly offset: number; readonly length: number }[]
}

/**
 * What a pickle holds, from its header alone: the bytes may end behind it. No value is decoded and no class is needed.
 *
 * Errors: DESERIALIZE when the bytes do not begin with a sound header, UNSUPPORTED for a newer format.
 */
export function describePickle(bytes: Uint8Array): PickleDescription {
  if (!(bytes instanceof Uint8Array)) throw malformed('it is no Uint8Array')
  const { version, readerVersion, classTable, sections, graphOffset, graphLength } = readHeader(bytes)
  const classes: readonly ClassEntry[] = readClasses(classTable)
  return {
    formatVersion: version,
    readerVersion,
    classes,
    graph: { offset: graphOffset, length: graphLength },
    buffers: sections.map(({ offset, length }) => ({ offset, length })),
  }
}
