import { type Aead, type Engine, TAG_BYTES } from './engine.ts'

/** Up to so many bytes of plaintext, a chunk takes libsodium less time. */
const SHORT_BYTES = 4096

/**
 * `node:crypto`, but libsodium for short chunks, where it has the AEAD, and for all where `node:crypto` does not. A cipher of `node:crypto` and its key are objects
 * outside the heap, whose making and collecting cost several times what a kilobyte costs.
 */
export function mixedEngine(node: Engine, sodium: Engine): Engine {
  return {
    ...node,
    aead(name, key) {
      const short = sodium.aead(name, key)
      return short === undefined ? node.aead(name, key) : mixedAead(short, () => node.aead(name, key.slice()) ?? short)
    },
  }
}

function mixedAead(short: Aead, makeLong: () => Aead): Aead {
  let long: Aead | undefined
  const aeadFor = (bytes: number): Aead => {
    if (bytes <= SHORT_BYTES) return short
    long ??= makeLong()
    return long
  }
  return {
    seal: (nonce, plaintext, target, at) => aeadFor(plaintext.byteLength).seal(nonce, plaintext, target, at),
    open: (nonce, sealed, target, at) => aeadFor(sealed.byteLength - TAG_BYTES).open(nonce, sealed, target, at),
  }
}
