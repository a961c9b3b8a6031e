/** Writes `test-fixtures/golden/keys/keys.json`: slots, sealed references and exported keys that every later version must read. */
import { mkdirSync, writeFileSync } from 'node:fs'
import type { ResultReference } from '@resultkit/core'
import {
  type EncryptionKey,
  envelopeKey,
  exportKey,
  generateKey,
  generateKeyPair,
  keyring,
  localKey,
  passphraseKey,
  sealingKey,
  sealReference,
} from '../src/index.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const cheap = { memory: 8192, passes: 1 }
const root = generateKey()
const { publicKey, secretKey } = await generateKeyPair()
const passphrase = 'correct horse battery staple'
const writers: Readonly<Record<string, EncryptionKey>> = {
  local: localKey(root),
  envelope: envelopeKey(root),
  sealing: sealingKey(publicKey),
  passphrase: passphraseKey({ passphrase, ...cheap }),
}
const reference = {
  type: 'reference',
  v: 1,
  storage: 's3/prod',
  key: 'scores/2026-11-22/ada.json',
  format: 'record',
  serializer: 'json',
  codecs: ['zstd', 'encrypt'],
  size: 1234,
  sha256: '0123456789abcdef'.repeat(4),
} satisfies ResultReference

const slots: Record<string, { block: string; inputKey: string }> = {}
for (const [kind, primary] of Object.entries(writers)) {
  const written = await keyring({ primary }).keyForWriting({ namespace: '', key: 'a' }, undefined)
  slots[kind] = { block: hex(written.slots), inputKey: hex(written.inputKey) }
}
const ring = keyring({ primary: root })
const golden = {
  keys: { root, publicKey, secretKey, passphrase },
  slots,
  reference,
  sealed: {
    plain: await sealReference(reference, ring),
    context: await sealReference(reference, ring, { context: 'tenant-7' }),
    empty: await sealReference(reference, ring, { context: '' }),
    long: await sealReference({ ...reference, key: 'k'.repeat(400) }, ring),
  },
  exported: {
    passphrase: await exportKey(root, { passphrase, ...cheap }),
    publicKey: await exportKey(root, { publicKey }),
    wrappingKey: await exportKey(root, { wrappingKey: root }),
  },
}
const directory = new URL('../../../../test-fixtures/golden/keys/', import.meta.url)
mkdirSync(directory, { recursive: true })
writeFileSync(new URL('keys.json', directory), `${JSON.stringify(golden, null, 2)}\n`)
