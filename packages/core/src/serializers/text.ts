import type { ValueSerializer } from '../serializer.ts'
import { encodeUtf8 } from '../utf8.ts'
import { decodeText, refused } from './failure.ts'

/**
 * One string as UTF-8, a byte order mark included. Anything but a string, and a string with a lone surrogate, is
 * refused with SERIALIZE; bytes that are not UTF-8 with DESERIALIZE.
 */
export function text(): ValueSerializer {
  return {
    kind: 'value',
    name: 'text',
    contentType: 'text/plain; charset=utf-8',
    extension: 'txt',
    serialize(value) {
      if (typeof value === 'string' && value.isWellFormed()) return encodeUtf8(value)
      const what = value === null ? 'null' : typeof value
      throw refused(
        `text cannot keep ${what === 'string' ? 'a string with a lone surrogate' : what}. Use json or pickle.`,
      )
    },
    deserialize: (bytes) => decodeText('text', bytes),
  }
}
