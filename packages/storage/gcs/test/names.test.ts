import { compareUtf8, isResultError } from '@resultkit/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkName } from '../../../../test-fixtures/servers/gcs/store.ts'
import { gcsStorage } from '../src/index.ts'
import { decodeName, encodeName } from '../src/names.ts'
import { collect, get, key, pattern, put, storageOn, useServer } from './support.ts'

const server = useServer()
const CHALLENGE = '.well-known/acme-challenge'
const awkward = fc.oneof(
  fc.constantFrom(
    '\n',
    '\r',
    '\v',
    '\f',
    '0',
    '1',
    '2',
    '3',
    '4',
    'a',
    '/',
    '\t',
    '\u000e',
    '.',
    '\u{10ffff}',
    '\ud7ff',
    '\ue000',
  ),
  fc.string({ unit: 'grapheme', maxLength: 3 }),
)
const text = fc
  .tuple(
    fc.constantFrom('', '', CHALLENGE, `${CHALLENGE}/`, `${CHALLENGE}.`, `${CHALLENGE}.\u{10ffff}`),
    fc.array(awkward),
  )
  .map(([start, rest]) => (start + rest.join('')).toWellFormed().replaceAll('\0', ''))
  .filter((name) => name !== '' && name !== '.' && name !== '..' && Buffer.byteLength(name) < 300)

describe('object names', () => {
  test('every text comes back, and is a name that the service takes', () => {
    fc.assert(
      fc.property(text, (name) => {
        const encoded = encodeName(name)
        expect(decodeName(encoded)).toBe(name)
        checkName(encoded)
      }),
    )
  })

  test('the order stays, so that a listing of names is one of keys', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareUtf8(encodeName(a), encodeName(b)))).toBe(Math.sign(compareUtf8(a, b)))
      }),
    )
  })

  test('every name that is no text of ours is left alone, and none is read as two', () => {
    fc.assert(
      fc.property(text, (name) => {
        const decoded = decodeName(name)
        if (decoded !== undefined) expect(encodeName(decoded)).toBe(name)
      }),
    )
  })

  test.each(['reports/2026-11-22.json', 'a b+c%2F?#', 'caf\u00e9', '\u{1f600}', '.well-known/other'])(
    '%s stays',
    (name) => {
      expect(encodeName(name)).toBe(name)
    },
  )

  test.each([
    ['a\nb', 'a\v0b'],
    ['a\rb', 'a\v3b'],
    ['a\vb\f', 'a\v1b\v2'],
    [`${CHALLENGE}/token`, `${CHALLENGE}.\u{10ffff}1token`],
  ])('%j becomes %j', (name, encoded) => {
    expect(encodeName(name)).toBe(encoded)
  })
})

describe('in the bucket', () => {
  const names = [
    'a\tb',
    'a\nb',
    'a\u000bb',
    'a\rb',
    'a\u000eb',
    CHALLENGE,
    `${CHALLENGE}-x`,
    `${CHALLENGE}/b`,
    `${CHALLENGE}0`,
    'z',
  ]

  test('awkward keys are written, listed in order, and found by prefix and startAfter', async () => {
    const bucket = 'names'
    server.current.store.createBucket(bucket)
    for (const prefix of ['', 'p']) {
      const storage = storageOn(server.current, { bucket, prefix })
      for (const name of names) await put(storage, name, pattern(3))
      const keysOf = async (start: string, startAfter?: string): Promise<string[]> =>
        (await collect(storage.list(start, { startAfter, signal: undefined }))).map((entry) => entry.key)
      const sorted = names.toSorted(compareUtf8)
      const mine = async (start: string, after?: string): Promise<string[]> =>
        (await keysOf(start, after)).filter((name) => !name.startsWith('p/'))
      expect(await mine('')).toEqual(sorted)
      expect(await keysOf(`${CHALLENGE}/`)).toEqual([`${CHALLENGE}/b`])
      expect(await keysOf('a\n')).toEqual(['a\nb'])
      for (const name of sorted) expect(await mine('', name)).toEqual(sorted.slice(sorted.indexOf(name) + 1))
    }
  })

  test('what others put there and no key names is left out', async () => {
    server.current.store.createBucket('shared')
    const everything = storageOn(server.current, { bucket: 'shared', prefix: '' })
    const { publish } = server.current.store
    const content = { pieces: [], size: 0, crc32c: 'AAAAAA==', md5Hash: '1B2M2Y8AsgTpgAmY7PhCfg==' }
    const settings = {
      contentType: undefined,
      contentEncoding: undefined,
      storageClass: 'STANDARD',
      kmsKeyName: undefined,
      metadata: undefined,
    }
    const none = { ifGenerationMatch: undefined, ifGenerationNotMatch: undefined, ifMetagenerationMatch: undefined }
    for (const name of ['folder/', '/a', 'a//b', 'a/../b', 'x\v9', 'x\f', '.resultkit/lease', 'ours'])
      publish('shared', name, content, settings, none)
    const listed = await collect(everything.list('', { startAfter: undefined, signal: undefined }))
    expect(listed.map((entry) => entry.key)).toEqual(['ours'])
  })

  test('keys up to maxKeyBytes, and INVALID_KEY before any request beyond it', async () => {
    const storage = storageOn(server.current, { prefix: 'p'.repeat(100) })
    expect(storage.capabilities.maxKeyBytes).toBe(1024 - 101)
    await put(storage, 'k'.repeat(923), pattern(1))
    expect(await get(storage, 'k'.repeat(923))).toEqual(pattern(1))
    server.current.takeKinds()
    const escaped = `${'k'.repeat(922)}\n`
    for (const name of ['k'.repeat(924), escaped]) {
      await expect(put(storage, name, pattern(1))).rejects.toMatchObject({ code: 'INVALID_KEY' })
      await expect(storage.stat(key(name), { signal: undefined })).rejects.toSatisfy(isResultError)
    }
    expect(server.current.takeKinds()).toEqual([])
  })
})

test('the uri', () => {
  const uri = (prefix?: string): string => gcsStorage({ bucket: 'lab', prefix }).uri
  expect([uri(), uri(''), uri('/'), uri('a'), uri('a/b/')]).toEqual([
    'gs://lab',
    'gs://lab',
    'gs://lab',
    'gs://lab/a',
    'gs://lab/a/b',
  ])
})
