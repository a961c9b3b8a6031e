/** Also bytes of another realm, which are no instances of this one's. */
export function isBytes(value: unknown): value is Uint8Array {
  return Object.prototype.toString.call(value) === '[object Uint8Array]'
}

/** From here on, clearing memory that is filled anyway takes a tenth of the time of encrypting. */
const LARGE_BYTES = 1024 * 1024

/** Memory that the caller fills to the end before anybody sees it: a large one is not cleared, where Node allows that. */
export function memoryToFill(bytes: number): Uint8Array {
  const node = bytes < LARGE_BYTES ? undefined : globalThis.Buffer
  return node === undefined ? new Uint8Array(bytes) : new Uint8Array(node.allocUnsafeSlow(bytes).buffer)
}
