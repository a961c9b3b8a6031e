import type { ValueSerializer } from '../serializer.ts'
import { refused, undecodable } from './failure.ts'

/**
 * One string as UTF-8, a byte order mark included. Anything but a string, and a string with a lone surrogate, is
 * refused with SERIALIZE; bytes that are not UTF-8 with DESERIALIZE.
 */
export function text(): ValueSerializer {
  const encoder = new TextEncoder()
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  return {
    kind: 'value',
    name: 'text',
    contentType: 'text/plain; charset=utf-8',
    extension: 'txt',
    serialize(value) {
      if (typeof value === 'string' && value.isWellFormed()) return encoder.encode(value)
      const what = value === null ? 'null' : typeof value
      throw refused(
        `text cannot keep ${what === 'string' ? 'a string with a lone surrogate' : what}. Use json or pickle.`,
      )
    },
    deserialize(bytes) {
      try {
        return decoder.decode(bytes)
      } catch (cause) {
        throw undecodable('text', 'not UTF-8, or too long for one string', cause)
      }
    },
  }
}
