/** Writes the golden encrypted records of this release. Run once per release: existing files are never changed. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bindingContext } from '../packages/codec/encrypt/src/binding.ts'
import { deriveKeys } from '../packages/codec/encrypt/src/chunked.ts'
import { sealWhole } from '../packages/codec/encrypt/src/chunked-whole.ts'
import { loadEngine } from '../packages/codec/encrypt/src/engine-load.ts'
import { encodeEnvelope } from '../packages/codec/encrypt/src/envelope.ts'
import { encrypt, envelopeKey, keyring } from '../packages/codec/encrypt/src/index.ts'
import { pad } from '../packages/codec/encrypt/src/padding.ts'
import { SUITES } from '../packages/codec/encrypt/src/suite.ts'
import { type Codec, encodeHeader, encodeRecord, type RecordHeader } from '../packages/core/src/index.ts'
import { ROOT } from './packages.ts'

const DIRECTORY = join(ROOT, 'test-fixtures/golden/encrypted')
/** The key 00 01 02 ... 1f; another one for records that cannot be read with it. */
const KEY = `k4.local.${Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString('base64url')}`
const OTHER_KEY = `k4.local.${Buffer.alloc(32, 0xee).toString('base64url')}`
const KEY_NAME = 'golden/result'
const ENVELOPE_HEAD = 8 + 12 + 56
const SEALED_CHUNK = 16_400

const HEADER: RecordHeader = {
  serializer: 'bytes',
  codecs: ['encrypt'],
  createdAt: new Date('2026-11-22T10:00:00.000Z'),
  expiresAt: undefined,
  metadata: undefined,
  writer: undefined,
  undefined: false,
  supersedes: [],
}
const LINE = encodeHeader(HEADER)

const ring = keyring({ primary: KEY })
const codec = encrypt({ keyring: ring })
const message = (size: number): Buffer => Buffer.from(Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 255))
const record = (payload: Uint8Array, line: Uint8Array = LINE): Buffer =>
  Buffer.concat(encodeRecord(line, [payload]).parts)
const encoded = async (by: Codec, value: Uint8Array, key = KEY_NAME): Promise<Buffer> =>
  Buffer.from(await by.encode(value, { key, header: LINE, report: () => {} }))
const changed = (bytes: Buffer, at: number, mask = 1): Buffer => {
  const copy = Buffer.from(bytes)
  copy[at < 0 ? copy.length + at : at] = (copy.at(at) ?? 0) ^ mask
  return copy
}

/** What only a writer with the key could make: a message whose padding is not as it has to be. */
async function badlyPadded(change: (padded: Buffer) => void): Promise<Buffer> {
  const padded = Buffer.from(pad(message(1100)))
  change(padded)
  const { slots, inputKey } = await ring.keyForWriting({ namespace: '', key: KEY_NAME }, undefined)
  const suite = SUITES['chacha20-poly1305']
  const salt = crypto.getRandomValues(new Uint8Array(24))
  const context = bindingContext({ suite: 1, flags: 1, namespace: '', context: { key: KEY_NAME, header: LINE } })
  const keys = deriveKeys(await loadEngine(), { aead: suite.aead, inputKey, context }, salt)
  const head = encodeEnvelope({ suite, padded: true, slots, salt, commitment: keys.commitment })
  return Buffer.from(await sealWhole(keys, head, padded, () => {}))
}

const small = await encoded(codec, message(100))
const chunked = await encoded(codec, message(2 * 16_384 + 100))
const border = await encoded(codec, message(2 * 16_384))
const chunk = (index: number): Buffer =>
  chunked.subarray(ENVELOPE_HEAD + index * SEALED_CHUNK, ENVELOPE_HEAD + (index + 1) * SEALED_CHUNK)
const head = chunked.subarray(0, ENVELOPE_HEAD)
const other = await encoded(encrypt({ keyring: keyring({ primary: OTHER_KEY }) }), message(100))
const relabelled = encodeHeader({ ...HEADER, serializer: 'text' })
const expiresLater = encodeHeader({ ...HEADER, expiresAt: new Date('2999-01-01T00:00:00.000Z') })

/** `bytes`: how many bytes of the pattern it holds; else it is DECRYPT. */
const FILES: Readonly<Record<string, { readonly file: Buffer; readonly bytes?: number; readonly namespace?: string }>> =
  {
    'direct-empty.record': { file: record(await encoded(codec, message(0))), bytes: 0 },
    'direct.record': { file: record(small), bytes: 100 },
    'direct-chunks.record': { file: record(chunked), bytes: 2 * 16_384 + 100 },
    'direct-chunk-border.record': { file: record(border), bytes: 2 * 16_384 },
    'direct-aes-256-gcm.record': {
      file: record(await encoded(encrypt({ keyring: ring, suite: 'aes-256-gcm' }), message(16_384 + 1))),
      bytes: 16_384 + 1,
    },
    'direct-padded.record': {
      file: record(await encoded(encrypt({ keyring: ring, pad: true }), message(1100))),
      bytes: 1100,
    },
    'direct-padded-empty.record': {
      file: record(await encoded(encrypt({ keyring: ring, pad: true }), message(0))),
      bytes: 0,
    },
    'direct-namespace.record': {
      file: record(await encoded(encrypt({ keyring: ring, namespace: 'golden' }), message(100))),
      bytes: 100,
      namespace: 'golden',
    },
    'wrapped.record': {
      file: record(await encoded(encrypt({ keyring: keyring({ primary: envelopeKey(KEY) }) }), message(100))),
      bytes: 100,
    },
    'bad-magic.record': { file: record(changed(small, 3)) },
    'bad-suite.record': { file: record(changed(small, 4, 3)) },
    'bad-suite-unknown.record': { file: record(changed(small, 4, 128)) },
    'bad-flag-padded.record': { file: record(changed(small, 5)) },
    'bad-flag-detached.record': { file: record(changed(small, 5, 2)) },
    'bad-slots-length.record': { file: record(changed(small, 6, 0x40)) },
    'bad-slot-type.record': { file: record(changed(small, 8, 0x20)) },
    'bad-slot-key-id.record': { file: record(changed(small, 12)) },
    'bad-slot-of-another.record': {
      file: record(Buffer.concat([small.subarray(0, 8), other.subarray(8, 20), small.subarray(20)])),
    },
    'bad-salt.record': { file: record(changed(small, 20)) },
    'bad-commitment.record': { file: record(changed(small, 44)) },
    'bad-chunk.record': { file: record(changed(chunked, ENVELOPE_HEAD + SEALED_CHUNK + 1)) },
    'bad-last-tag.record': { file: record(changed(chunked, -1)) },
    'bad-chunks-swapped.record': { file: record(Buffer.concat([head, chunk(1), chunk(0), chunk(2)])) },
    'bad-chunk-twice.record': { file: record(Buffer.concat([head, chunk(0), chunk(0), chunk(2)])) },
    'bad-chunk-missing.record': { file: record(Buffer.concat([head, chunk(0), chunk(2)])) },
    'bad-cut-at-border.record': { file: record(border.subarray(0, -16)) },
    'bad-cut-in-chunk.record': { file: record(chunked.subarray(0, -50)) },
    'bad-cut-in-tag.record': { file: record(small.subarray(0, -1)) },
    'bad-cut-before-chunks.record': { file: record(small.subarray(0, ENVELOPE_HEAD)) },
    'bad-extended.record': { file: record(Buffer.concat([small, Buffer.alloc(1)])) },
    'bad-empty.record': { file: record(Buffer.alloc(0)) },
    'bad-plaintext.record': { file: record(message(100)) },
    'bad-padding-not-zero.record': { file: record(await badlyPadded((padded) => padded.fill(1, 1110, 1111))) },
    'bad-padding-length.record': {
      file: record(await badlyPadded((padded) => padded.writeBigUInt64BE(5n, padded.length - 8))),
    },
    'bad-padding-length-huge.record': {
      file: record(await badlyPadded((padded) => padded.writeBigUInt64BE(2n ** 64n - 1n, padded.length - 8))),
    },
    'bad-other-key.record': { file: record(other) },
    'bad-other-name.record': { file: record(await encoded(codec, message(100), 'golden/other')) },
    'bad-other-namespace.record': { file: record(small), namespace: 'golden' },
    'bad-header-serializer.record': { file: record(small, relabelled) },
    'bad-header-expiry.record': { file: record(small, expiresLater) },
  }

mkdirSync(DIRECTORY, { recursive: true })
const indexFile = join(DIRECTORY, 'index.json')
const index = existsSync(indexFile) ? (JSON.parse(readFileSync(indexFile, 'utf8')) as Record<string, unknown>) : {}
for (const [name, { file, bytes, namespace }] of Object.entries(FILES)) {
  const path = join(DIRECTORY, name)
  if (existsSync(path)) continue
  writeFileSync(path, file)
  index[name] = bytes === undefined ? { error: 'DECRYPT', namespace } : { bytes, namespace }
}
writeFileSync(indexFile, `${JSON.stringify(index, undefined, 2)}\n`)
