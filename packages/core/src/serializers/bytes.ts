import type { ValueSerializer } from '../serializer.ts'
import { refused } from './failure.ts'

/**
 * Bytes as they are. Keeps a Uint8Array, copying it; a subclass such as Node's Buffer comes back as a plain
 * Uint8Array. Anything else is refused with SERIALIZE. Reading gives a view of the stored bytes.
 */
export function bytes(): ValueSerializer {
  return {
    kind: 'value',
    name: 'bytes',
    contentType: 'application/octet-stream',
    extension: 'bin',
    serialize(value) {
      if (!isUint8Array(value)) throw refused('bytes cannot keep what is not a Uint8Array. Use json or pickle.')
      try {
        return new Uint8Array(value)
      } catch (cause) {
        throw refused('bytes cannot keep a Uint8Array that is too large, or was transferred away.', cause)
      }
    },
    deserialize: ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  }
}

// Also one of another realm.
function isUint8Array(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]'
}
