import { failure } from './failure.ts'

/** The longest header line of a record, and what its length is a multiple of (docs/spec/record-v1.md). */
const MAX_BYTES = 8192
const ALIGNMENT = 64
const SPACE = 32
const NEWLINE = 10

/**
 * A header line with other pins in `supersedes`. All other members stay, also those that this release does not know.
 * UNSUPPORTED when the line becomes too long.
 */
export function supersedingLine(line: Uint8Array, supersedes: readonly string[]): Uint8Array {
  const members: object = JSON.parse(new TextDecoder().decode(line))
  const json = new TextEncoder().encode(JSON.stringify({ ...members, supersedes }))
  const changed = new Uint8Array(Math.ceil((json.byteLength + 1) / ALIGNMENT) * ALIGNMENT).fill(SPACE)
  if (changed.byteLength > MAX_BYTES) throw tooLong()
  changed.set(json)
  changed[changed.byteLength - 1] = NEWLINE
  return changed
}

function tooLong(): Error {
  const message = `rewrap: with the pin of its older encryption the record's header has more than ${MAX_BYTES} bytes. Read the result and write it again.`
  return failure('UNSUPPORTED', 'rewrap', message)
}
