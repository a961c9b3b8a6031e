import { type Codec, type CodecContext, collectBytes, concatBytes, equalBytes, ResultError } from '@resultkit/core'

const BLOCK = 4096

/** What the toy codecs are made of; each fault replaces a part. */
export interface ToyParts {
  readonly kind: Codec['kind']
  readonly checksum: (bytes: Uint8Array) => number
  /** Whether blocks are checked at all. */
  readonly verify: boolean
  readonly needsEnd: boolean
  readonly allowsMore: boolean
  readonly limits: boolean
}

const PARTS: ToyParts = {
  kind: 'compression',
  checksum: fnv,
  verify: true,
  needsEnd: true,
  allowsMore: false,
  limits: true,
}

// FNV-1a with a final mix, over the position too.
function fnv(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}

function fail(kind: Codec['kind'], message: string): ResultError {
  return new ResultError({ code: kind === 'encryption' ? 'DECRYPT' : 'CORRUPT', operation: 'decode', message })
}

/** Frames of [length u32][checksum u32][bytes xor 0x5a], and an empty frame at the end. */
function frame(body: Uint8Array, { checksum }: ToyParts): Uint8Array {
  const out = new Uint8Array(8 + body.byteLength)
  const view = new DataView(out.buffer)
  view.setUint32(0, body.byteLength)
  for (let at = 0; at < body.byteLength; at++) out[8 + at] = (body[at] as number) ^ 0x5a
  view.setUint32(4, checksum(concatBytes([out.subarray(0, 4), out.subarray(8)])))
  return out
}

async function* encodeFrames(source: AsyncIterable<Uint8Array>, parts: ToyParts): AsyncGenerator<Uint8Array> {
  let held: Uint8Array = new Uint8Array(0)
  for await (const piece of source) {
    held = concatBytes([held, piece])
    let at = 0
    for (; held.byteLength - at >= BLOCK; at += BLOCK) yield frame(held.subarray(at, at + BLOCK), parts)
    held = held.slice(at)
  }
  if (held.byteLength > 0) yield frame(held, parts)
  yield frame(new Uint8Array(0), parts)
}

function openFrame(framed: Uint8Array, { kind, checksum, verify }: ToyParts): Uint8Array {
  const sum = new DataView(framed.buffer, framed.byteOffset).getUint32(4)
  const broken = sum !== checksum(concatBytes([framed.subarray(0, 4), framed.subarray(8)]))
  if (verify && broken) throw fail(kind, 'The checksum differs.')
  return framed.slice(8).map((byte) => byte ^ 0x5a)
}

async function* decodeFrames(
  source: AsyncIterable<Uint8Array>,
  parts: ToyParts,
  maxBytes: number | undefined,
): AsyncGenerator<Uint8Array> {
  let held: Uint8Array = new Uint8Array(0)
  let given = 0
  let ended = false
  for await (const piece of source) {
    if (piece.byteLength === 0) continue
    if (ended && !parts.allowsMore) throw fail(parts.kind, 'There is more after the end.')
    held = concatBytes([held, piece])
    let at = 0
    while (held.byteLength - at >= 8 && !ended) {
      const size = new DataView(held.buffer, held.byteOffset).getUint32(at)
      if (size > BLOCK) throw fail(parts.kind, 'The frame is too long.')
      if (held.byteLength - at < 8 + size) break
      const body = openFrame(held.subarray(at, at + 8 + size), parts)
      at += 8 + size
      given += size
      if (parts.limits && maxBytes !== undefined && given > maxBytes)
        throw new ResultError({ code: 'TOO_LARGE', operation: 'decode', message: 'Too large.' })
      if (size === 0) ended = true
      else yield body
    }
    held = held.slice(at)
    if (ended && held.byteLength > 0 && !parts.allowsMore) throw fail(parts.kind, 'There is more after the end.')
  }
  if (!ended && parts.needsEnd) throw fail(parts.kind, 'The end is missing.')
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** A codec that "compresses" nothing: blocks with checksums, or with the faults that `faults` makes. */
export function toyCodec(faults: Partial<ToyParts> = {}): Codec {
  const parts = { ...PARTS, ...faults }
  return {
    name: 'toy',
    kind: parts.kind,
    minBytes: 0,
    encode: (bytes) => collectBytes(encodeFrames(one(bytes), parts)),
    decode: (bytes, context) => collectBytes(decodeFrames(one(bytes), parts, context.maxBytes)),
    encodeStream: (bytes) => encodeFrames(bytes, parts),
    decodeStream: (bytes, context) => decodeFrames(bytes, parts, context.maxBytes),
    range: {
      async *decodeRange(source, range, context) {
        const all = await collectBytes(decodeFrames(one(await source.read({ start: 0 })), parts, undefined))
        yield all.slice(range.start, range.end)
        void context
      },
    },
    pin: () => undefined,
  }
}

/** An "encryption" that binds key and header and is different each time. No secret is safe in it. */
export function toyEncryption(binds: boolean = true): Codec {
  const inner = toyCodec({ kind: 'encryption' })
  let count = 0
  const prefix = (context: CodecContext): Uint8Array => {
    const bound = binds ? concatBytes([new TextEncoder().encode(context.key), context.header]) : new Uint8Array(0)
    return concatBytes([
      new Uint8Array(8).fill(fnv(bound) & 0xff),
      new Uint8Array(new Uint32Array([fnv(bound)]).buffer),
    ])
  }
  async function* sealed(bytes: AsyncIterable<Uint8Array>, context: CodecContext): AsyncGenerator<Uint8Array> {
    count += 1
    const nonce = new Uint8Array(32).fill(count)
    yield* inner.encodeStream(join([prefix(context), nonce], bytes), context)
  }
  async function* opened(bytes: AsyncIterable<Uint8Array>, context: CodecContext): AsyncGenerator<Uint8Array> {
    const { maxBytes } = context
    const limit = { ...context, maxBytes: maxBytes === undefined ? undefined : maxBytes + 44 }
    let head: Uint8Array | undefined = new Uint8Array(0)
    for await (const piece of inner.decodeStream(bytes, limit)) {
      if (head === undefined) yield piece
      else {
        head = concatBytes([head, piece])
        if (head.byteLength < 44) continue
        if (!equalBytes(head.subarray(0, 12), prefix(context)))
          throw fail('encryption', 'It was bound to another record.')
        if (head.byteLength > 44) yield head.slice(44)
        head = undefined
      }
    }
    if (head !== undefined) throw fail('encryption', 'It is not complete.')
  }
  return {
    ...inner,
    name: 'toy-encryption',
    encode: (bytes, context) => collectBytes(sealed(one(bytes), context)),
    decode: (bytes, context) => collectBytes(opened(one(bytes), context)),
    encodeStream: sealed,
    decodeStream: opened,
    range: undefined,
    pin: (prefixBytes) => prefixBytes.slice(8, 40),
  }
}

async function* join(first: readonly Uint8Array[], rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* first
  yield* rest
}
