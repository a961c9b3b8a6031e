const encoder = /* @__PURE__ */ new TextEncoder()
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Text as UTF-8. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

/** Text of UTF-8, a byte order mark included. Throws what the decoder throws: for other bytes, and too long a text. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}
