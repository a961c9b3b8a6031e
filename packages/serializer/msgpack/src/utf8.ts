const ASCII = 0x8080_8080

/** Where in `start` to `end` the first byte is that is not ASCII; `end` if there is none. */
export function skipAscii(view: DataView, start: number, end: number): number {
  let at = start
  while (at + 8 <= end && ((view.getUint32(at) | view.getUint32(at + 4)) & ASCII) === 0) at += 8
  while (at < end && view.getUint8(at) < 0x80) at += 1
  return at
}

/** Whether the bytes are UTF-8 as the Encoding Standard decodes it: no surrogates, nothing longer than it has to be. */
export function isUtf8(view: DataView, start: number, end: number): boolean {
  let at = start
  while (at < end) {
    const lead = view.getUint8(at)
    if (lead < 0x80) {
      at = skipAscii(view, at, end)
      continue
    }
    const size = sizeOf(lead)
    if (size === 0 || at + size > end || !isSecond(lead, view.getUint8(at + 1))) return false
    for (let next = at + 2; next < at + size; next++) if ((view.getUint8(next) & 0xc0) !== 0x80) return false
    at += size
  }
  return true
}

function sizeOf(lead: number): 0 | 2 | 3 | 4 {
  if (lead < 0xc2 || lead > 0xf4) return 0
  if (lead < 0xe0) return 2
  return lead < 0xf0 ? 3 : 4
}

// Unicode, table 3-7: the second byte is restricted after these.
function isSecond(lead: number, second: number): boolean {
  if (lead === 0xe0) return second >= 0xa0 && second <= 0xbf
  if (lead === 0xed) return second >= 0x80 && second <= 0x9f
  if (lead === 0xf0) return second >= 0x90 && second <= 0xbf
  if (lead === 0xf4) return second >= 0x80 && second <= 0x8f
  return (second & 0xc0) === 0x80
}
