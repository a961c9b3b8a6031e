import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { ReadableStream as NodeReadableStream } from 'node:stream/web'
import { Decrypter, Encrypter, generateIdentity, identityToRecipient } from 'age-encryption'
import sodium from 'libsodium-wrappers'
import { encrypt, generateKey, keyring } from '../../../packages/codec/encrypt/src/index.ts'
import type { Codec, CodecContext } from '../../../packages/core/src/index.ts'

/** Encrypts and decrypts, whole and as streams of 64 KB pieces. */
export interface Cipher {
  readonly name: string
  encrypt(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  decrypt(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  /** `undefined` where there is no stream; the whole takes its place. */
  readonly stream: CipherStream | undefined
}

export interface CipherStream {
  encrypt(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
  decrypt(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
}

const CHUNK = 16_384
const SEALED = CHUNK + 16

export const BASE = 'libsodium one-shot'
export const OURS = { chacha20: 'resultkit', aes: 'resultkit aes-256-gcm' } as const
export const RAW = { chacha20: 'raw chacha20-poly1305', aes: 'raw aes-256-gcm' } as const

/** All that are measured. */
export async function openCiphers(): Promise<readonly Cipher[]> {
  await sodium.ready
  return [
    libsodium(),
    raw(RAW.chacha20, 'chacha20-poly1305'),
    raw(RAW.aes, 'aes-256-gcm'),
    resultkit(OURS.chacha20, encrypt({ keyring: keyring({ primary: generateKey() }) })),
    resultkit(OURS.aes, encrypt({ keyring: keyring({ primary: generateKey() }), suite: 'aes-256-gcm' })),
    await age(),
  ]
}

/** One nonce for all, which only a benchmark may do: joining it with the ciphertext would be a copy that is not its own. */
function libsodium(): Cipher {
  const key = randomBytes(32)
  const nonce = randomBytes(24)
  return {
    name: BASE,
    encrypt: (bytes) => sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(bytes, null, null, nonce, key),
    decrypt: (bytes) => sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, bytes, null, nonce, key),
    stream: undefined,
  }
}

/** `node:crypto` in 16 KiB chunks, by hand: no derived keys, no commitment, no binding. */
function raw(name: string, cipher: 'chacha20-poly1305' | 'aes-256-gcm'): Cipher {
  const key = createSecretKey(randomBytes(32))
  const seal = (chunk: Uint8Array, index: number): readonly Uint8Array[] => sealChunk(cipher, key, chunk, index)
  const open = (chunk: Uint8Array, index: number): Uint8Array => openChunk(cipher, key, chunk, index)
  return {
    name,
    encrypt: (bytes) => Buffer.concat(cut(bytes, CHUNK).flatMap(seal)),
    decrypt: (bytes) => Buffer.concat(cut(bytes, SEALED).map(open)),
    stream: {
      async *encrypt(bytes) {
        let index = 0
        for await (const piece of bytes) for (const chunk of cut(piece, CHUNK)) yield* seal(chunk, index++)
      },
      async *decrypt(bytes) {
        let index = 0
        for await (const piece of bytes) for (const chunk of cut(piece, SEALED)) yield open(chunk, index++)
      },
    },
  }
}

function cut(bytes: Uint8Array, size: number): readonly Uint8Array[] {
  const count = Math.ceil(bytes.byteLength / size)
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size))
}

type AeadCipher = 'chacha20-poly1305'

function nonceOf(index: number): Uint8Array {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setUint32(8, index)
  return nonce
}

function sealChunk(name: string, key: KeyObject, chunk: Uint8Array, index: number): readonly Uint8Array[] {
  const cipher = createCipheriv(name as AeadCipher, key, nonceOf(index), { authTagLength: 16 })
  const sealed = cipher.update(chunk)
  cipher.final()
  return [sealed, cipher.getAuthTag()]
}

function openChunk(name: string, key: KeyObject, chunk: Uint8Array, index: number): Uint8Array {
  const decipher = createDecipheriv(name as AeadCipher, key, nonceOf(index), { authTagLength: 16 })
  decipher.setAuthTag(chunk.subarray(-16))
  const opened = decipher.update(chunk.subarray(0, -16))
  decipher.final()
  return opened
}

function resultkit(name: string, codec: Codec): Cipher {
  const header = new TextEncoder().encode(`${'{"resultkit":1}'.padEnd(127)}\n`)
  const context: CodecContext = { key: 'bench/key', header, report: () => {} }
  return {
    name,
    encrypt: (bytes) => codec.encode(bytes, context),
    decrypt: (bytes) => codec.decode(bytes, context),
    stream: {
      encrypt: (bytes) => codec.encodeStream(bytes, context),
      decrypt: (bytes) => codec.decodeStream(bytes, context),
    },
  }
}

async function age(): Promise<Cipher> {
  const identity = await generateIdentity()
  const encrypter = new Encrypter()
  encrypter.addRecipient(await identityToRecipient(identity))
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  return {
    name: 'age-encryption',
    encrypt: (bytes) => encrypter.encrypt(bytes),
    decrypt: (bytes) => decrypter.decrypt(bytes),
    stream: {
      async *encrypt(bytes) {
        yield* piecesOf(await encrypter.encrypt(streamOf(bytes)))
      },
      async *decrypt(bytes) {
        yield* piecesOf(await decrypter.decrypt(streamOf(bytes)))
      },
    },
  }
}

function streamOf(bytes: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  return NodeReadableStream.from(bytes) as unknown as ReadableStream<Uint8Array>
}

function piecesOf(stream: ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
  return stream as unknown as AsyncIterable<Uint8Array>
}
