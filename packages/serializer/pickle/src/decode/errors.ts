import { bareError, errorKinds, isErrorSlot } from '../error-kinds.ts'
import { malformed } from '../failure.ts'
import { ATTRIBUTE } from '../tags.ts'
import { attachPair, closePairs } from './containers.ts'
import { type Decoding, type FrameKind, missingType, OPENED, open } from './decoding.ts'
import { expectText } from './scalars.ts'

/** Opens an error: its kind, of a DOMException message and name, then its own properties. */
export function openError(decoding: Decoding, count: number): unknown {
  if (count < 1) throw malformed('an error without a kind')
  const kind = expectText(decoding)
  const isDom = kind === 'DOMException'
  if (isDom && count < 3) throw malformed('a DOMException without message and name')
  const error = isDom ? domException(expectText(decoding), expectText(decoding)) : newError(kind)
  const remaining = count - (isDom ? 3 : 1)
  if (remaining === 0) return error
  open(decoding, ERROR, error, remaining)
  const frame = decoding.frames[decoding.depth - 1]
  if (frame !== undefined) frame.values = []
  return OPENED
}

function newError(name: string): object {
  const kind = errorKinds().get(name)
  if (kind !== undefined) return bareError(kind.create)
  if (name === 'SuppressedError') throw missingType(name)
  throw malformed('an error of an unknown kind')
}

function domException(message: string, name: string): object {
  return bareError(() => new DOMException(message, name))
}

const ERROR: FrameKind = {
  takesSections: false,
  isLabel: false,
  attach(frame, value) {
    attachPair(frame, value, isErrorSlot(frame.key as PropertyKey) ? ATTRIBUTE.notEnumerable : 0)
  },
  close: closePairs,
}
