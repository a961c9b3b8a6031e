/** Writes the golden records of this release. Run once per release: existing files are never changed. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeHeader, encodeRecord, json, type RecordHeader } from '../packages/core/src/index.ts'
import { ROOT } from './packages.ts'

const DIRECTORY = join(ROOT, 'test-fixtures/golden/records')
const HEADER: RecordHeader = {
  serializer: 'json',
  codecs: [],
  createdAt: new Date('2026-11-22T10:00:00.000Z'),
  expiresAt: undefined,
  metadata: undefined,
  writer: undefined,
  undefined: false,
  supersedes: [],
}

const record = (payload: Uint8Array, header: Partial<RecordHeader> = {}): Buffer =>
  Buffer.concat(encodeRecord(encodeHeader({ ...HEADER, ...header }), [payload]).parts)
const jsonRecord = (value: unknown, header: Partial<RecordHeader> = {}): Buffer =>
  record(json().serialize(value) as Uint8Array, header)
const changed = (bytes: Buffer, change: (bytes: Buffer) => void): Buffer => {
  const copy = Buffer.from(bytes)
  change(copy)
  return copy
}
/** A record around a header line that this release would not write. */
const withLine = (json: string): Buffer => {
  const line = Buffer.from(`${json.padEnd(Math.ceil((json.length + 1) / 64) * 64 - 1)}\n`)
  return Buffer.concat(encodeRecord(line, [Buffer.from('1')]).parts)
}

const value = { text: 'ü – 😀', numbers: [0, -1.5, 1e300], nested: { yes: true, no: null } }
const whole = jsonRecord(value)
const payloadAt = whole.indexOf(10) + 1
const times = { expiresAt: new Date('2026-11-23T10:00:00.000Z') }

const FILES: Readonly<Record<string, { readonly bytes: Buffer; readonly value?: unknown; readonly error?: string }>> = {
  'json.record': { bytes: whole, value },
  'json-null.record': { bytes: jsonRecord(null), value: null },
  'json-members.record': {
    bytes: jsonRecord([1], { ...times, metadata: { run: 7 }, writer: 'golden', supersedes: ['ab'.repeat(32)] }),
    value: [1],
  },
  'undefined.record': { bytes: record(Buffer.alloc(0), { undefined: true }) },
  'bytes.record': { bytes: record(Buffer.from(Array.from({ length: 256 }, (_, i) => i)), { serializer: 'bytes' }) },
  'bytes-empty.record': { bytes: record(Buffer.alloc(0), { serializer: 'bytes' }) },
  'text.record': { bytes: record(Buffer.from('line\n\n{"size":1}\n'), { serializer: 'text' }) },
  'ndjson.record': { bytes: record(Buffer.from('{"n":1}\n{"n":2}\n'), { serializer: 'ndjson' }) },
  'large-header.record': { bytes: jsonRecord(1, { metadata: { text: 'x'.repeat(8000) } }), value: 1 },
  'unknown-member.record': {
    bytes: withLine('{"resultkit":1,"serializer":"json","createdAt":"2026-11-22T10:00:00.000Z","later":[]}'),
    value: 1,
  },
  'bad-truncated.record': { bytes: whole.subarray(0, -1), error: 'CORRUPT' },
  'bad-extended.record': { bytes: Buffer.concat([whole, Buffer.from('\n')]), error: 'CORRUPT' },
  'bad-payload-bit.record': {
    bytes: changed(whole, (bytes) => {
      bytes[payloadAt] = (bytes[payloadAt] ?? 0) ^ 1
    }),
    error: 'CORRUPT',
  },
  'bad-header-bit.record': {
    bytes: changed(whole, (bytes) => {
      bytes[45] = (bytes[45] ?? 0) ^ 1
    }),
    error: 'CORRUPT',
  },
  'bad-size-leading-zero.record': {
    bytes: changed(whole, (bytes) => {
      bytes[bytes.lastIndexOf('":   ') + 2] = 48
    }),
    error: 'CORRUPT',
  },
  'bad-empty.record': { bytes: Buffer.alloc(0), error: 'CORRUPT' },
  'bad-foreign.record': { bytes: Buffer.from('{"just":"json"}\n'), error: 'CORRUPT' },
  'bad-no-newline.record': { bytes: Buffer.alloc(9000, '{'), error: 'CORRUPT' },
  'bad-version.record': {
    bytes: withLine('{"resultkit":2,"serializer":"json","createdAt":"2026-11-22T10:00:00.000Z"}'),
    error: 'UNSUPPORTED',
  },
}

mkdirSync(DIRECTORY, { recursive: true })
const indexFile = join(DIRECTORY, 'index.json')
const index = existsSync(indexFile) ? (JSON.parse(readFileSync(indexFile, 'utf8')) as Record<string, unknown>) : {}
for (const [name, { bytes, ...expected }] of Object.entries(FILES)) {
  const file = join(DIRECTORY, name)
  if (existsSync(file)) continue
  writeFileSync(file, bytes)
  index[name] = expected
}
writeFileSync(indexFile, `${JSON.stringify(index, undefined, 2)}\n`)
