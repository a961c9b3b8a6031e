import { bufferShown, getter, isDataView, viewPrototype } from '../getter.ts'
import { platform } from '../platform.ts'
import { byteLengthOf, isShared, maxByteLength } from './buffers.ts'

/** Where it cannot be told whether a view grows. */
export const UNKNOWN: unique symbol = Symbol('unknown')

const typedArrayValues = Uint8Array.prototype.values

/** Whether a view lies beyond the end of its buffer, which became smaller. */
export function isOutOfBounds(view: ArrayBufferView): boolean {
  try {
    // These two look at the bounds; most accessors of typed arrays give 0 instead.
    if (isDataView(view)) getter(DataView.prototype, 'byteLength').call(view)
    else typedArrayValues.call(view as Uint8Array)
    return false
  } catch {
    return true
  }
}

/** Whether a view of a resizable buffer grows with it. Only a resized copy can tell, and a shared buffer has no copy. */
export function isTracking(
  view: ArrayBufferView,
  { byteOffset, byteLength }: { readonly byteOffset: number; readonly byteLength: number },
): boolean | typeof UNKNOWN {
  const buffer = bufferShown(view)
  // Of eight bytes behind it, a view that grows would show some.
  if (byteLengthOf(buffer) - byteOffset - byteLength >= 8) return false
  if (isShared(buffer)) return platform().tracks?.(view) ?? UNKNOWN
  const copy = structuredClone(view)
  const copied = bufferShown(copy) as ArrayBuffer
  if (byteLength > 0) {
    copied.resize(byteOffset)
    return !isOutOfBounds(copy)
  }
  copied.resize(maxByteLength(copied))
  return (getter(viewPrototype(copy), 'byteLength').call(copy) as number) > 0
}
