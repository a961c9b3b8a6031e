import { malformed } from '../failure.ts'
import { type Decoding, indexString, OPENED } from './decoding.ts'
import { readArgument, readByte, readFloat, readHead, readText } from './reader.ts'

const STRING_REFERENCE = 0xd8
const TAG_25 = 25

/**
 * A number, text, boolean, null or undefined, or a text seen before; OPENED when the item is none of these, and then nothing but
 * its initial byte has been read.
 */
export function readPlain(decoding: Decoding, initial: number): unknown {
  const { reader } = decoding
  if (initial < 24) return initial
  if (initial < 0x40) {
    const argument = readArgument(reader, initial)
    return initial < 0x20 ? argument : -1 - argument
  }
  if (initial >= 0x60 && initial < 0x80) {
    const size = readArgument(reader, initial)
    const text = readText(reader, size)
    indexString(decoding, size, text)
    return text
  }
  if (initial >= 0xf4) return readSimple(decoding, initial)
  if (initial === STRING_REFERENCE && reader.bytes[reader.at] === TAG_25) return readStringReference(decoding)
  return OPENED
}

function readSimple({ reader }: Decoding, initial: number): unknown {
  if (initial >= 0xf9 && initial <= 0xfb) return readFloat(reader, initial)
  if (initial === 0xf4) return false
  if (initial === 0xf5) return true
  if (initial === 0xf6) return null
  if (initial === 0xf7) return undefined
  throw malformed('an unknown simple value')
}

function readStringReference(decoding: Decoding): string {
  const { reader, strings } = decoding
  readByte(reader)
  const text = strings[readHead(reader, 0)]
  if (text === undefined) throw malformed('a reference to no text')
  return text
}
