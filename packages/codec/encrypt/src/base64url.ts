const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

let values: Int8Array | undefined
/** What each ASCII character stands for; -1 when nothing. */
function valueTable(): Int8Array {
  if (values === undefined) {
    values = new Int8Array(128).fill(-1)
    for (let value = 0; value < ALPHABET.length; value++) values[ALPHABET.charCodeAt(value)] = value
  }
  return values
}

/** Base64url without padding (RFC 4648, section 5). */
export function encodeBase64url(bytes: Uint8Array): string {
  let text = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xffff
    for (bits += 8; bits >= 6; bits -= 6) text += ALPHABET.charAt((held >> (bits - 6)) & 63)
  }
  return bits === 0 ? text : text + ALPHABET.charAt((held << (6 - bits)) & 63)
}

/**
 * The bytes of canonical base64url; `undefined` for everything else: padding, other characters, lengths that no bytes
 * have, and stray bits in the last character. Exactly one text stands for some bytes.
 */
export function decodeBase64url(text: string): Uint8Array | undefined {
  if (text.length % 4 === 1) return undefined
  const table = valueTable()
  const bytes = new Uint8Array((text.length * 3) >> 2)
  let held = 0
  let bits = 0
  let filled = 0
  for (let index = 0; index < text.length; index++) {
    const value = table[text.charCodeAt(index)] ?? -1
    if (value < 0) return undefined
    held = ((held << 6) | value) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[filled++] = (held >> bits) & 255
    }
  }
  return (held & ((1 << bits) - 1)) === 0 ? bytes : undefined
}
