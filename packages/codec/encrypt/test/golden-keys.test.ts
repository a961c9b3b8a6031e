import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  type EncryptionKey,
  envelopeKey,
  importKey,
  keyring,
  localKey,
  openReference,
  passphraseKey,
  unsealingKey,
} from '../src/index.ts'

const run = promisify(execFile)
const OPENER = fileURLToPath(new URL('../../../../docs/spec/open_reference.py', import.meta.url))

const golden = JSON.parse(
  readFileSync(new URL('../../../../test-fixtures/golden/keys/keys.json', import.meta.url), 'utf8'),
) as {
  readonly keys: Readonly<Record<'root' | 'publicKey' | 'secretKey' | 'passphrase', string>>
  readonly slots: Readonly<Record<string, { readonly block: string; readonly inputKey: string }>>
  readonly reference: object
  readonly sealed: Readonly<Record<'plain' | 'context' | 'empty' | 'long', string>>
  readonly exported: Readonly<Record<'passphrase' | 'publicKey' | 'wrappingKey', string>>
}
const { root, secretKey, passphrase } = golden.keys

describe('what the first version wrote is read', () => {
  const readers: Readonly<Record<string, EncryptionKey>> = {
    local: localKey(root),
    envelope: envelopeKey(root),
    sealing: unsealingKey(secretKey),
    passphrase: passphraseKey({ passphrase }),
  }

  test.each(Object.entries(golden.slots))('slots of a %s key', async (kind, { block, inputKey }) => {
    const reader = readers[kind]
    const ring = reader && keyring({ primary: reader })
    const found = await ring?.keyForReading(Buffer.from(block, 'hex'), { namespace: '', key: 'a' }, undefined)
    expect(Buffer.from(found?.inputKey ?? []).toString('hex')).toBe(inputKey)
    expect(found?.stale).toBe(false)
  })

  test('sealed references', async () => {
    const ring = keyring({ primary: root })
    const { plain, context, empty, long } = golden.sealed
    expect(await openReference(plain, ring)).toEqual(golden.reference)
    expect(await openReference(context, ring, { context: 'tenant-7' })).toEqual(golden.reference)
    expect(await openReference(empty, ring, { context: '' })).toEqual(golden.reference)
    expect(await openReference(long, ring)).toEqual({ ...golden.reference, key: 'k'.repeat(400) })
    await expect(openReference(empty, ring)).rejects.toMatchObject({ code: 'DECRYPT' })
  })

  test('exported keys', async () => {
    const { exported } = golden
    expect(await importKey(exported.passphrase, { passphrase })).toBe(root)
    expect(await importKey(exported.publicKey, { secretKey })).toBe(root)
    expect(await importKey(exported.wrappingKey, { wrappingKey: root })).toBe(root)
  })

  test('sealed references, by a reader in Python that knows the specification alone', async ({ skip }) => {
    const python = await run('python3', ['--version']).catch(() => undefined)
    if (python === undefined) skip('python3 is not installed')
    const open = async (...given: readonly string[]): Promise<unknown> =>
      JSON.parse((await run('python3', ['-B', OPENER, root, ...given])).stdout)
    const { plain, context, empty } = golden.sealed
    expect(await open(plain)).toEqual(golden.reference)
    expect(await open(context, 'tenant-7')).toEqual(golden.reference)
    expect(await open(empty, '')).toEqual(golden.reference)
    expect(await open(context, 'tenant-8')).toEqual({ error: 'the tag is another' })
    expect(await open(plain, '')).toEqual({ error: 'the tag is another' })
  })
})
