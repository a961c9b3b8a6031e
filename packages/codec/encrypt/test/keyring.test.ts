import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type EncryptionKey,
  envelopeKey,
  generateKey,
  generateKeyPair,
  type Keyring,
  type KeyringOptions,
  keyId,
  keyring,
  localKey,
  passphraseKey,
  providerKey,
  sealingKey,
  unsealingKey,
} from '../src/index.ts'
import { decodeSlots, encodeSlots, MAX_SLOT_BYTES, SLOT } from '../src/slots.ts'
import { testProvider } from './kms.ts'

const CONTEXT = { namespace: 'tests', key: 'a/key' }
const pair = await generateKeyPair()
const otherPair = await generateKeyPair()
const local = generateKey()

/** Each kind of key that reads what it writes, with the type and size of its slot's data. */
const KINDS: readonly (readonly [string, () => EncryptionKey, number, number])[] = [
  ['local', () => localKey(local), SLOT.direct, 0],
  ['envelope', () => envelopeKey(local), SLOT.wrapped, 96],
  ['unsealing', () => unsealingKey(pair.secretKey), SLOT.sealed, 96],
  ['passphrase', () => passphraseKey({ passphrase: 'correct horse', memory: 8192, passes: 1 }), SLOT.passphrase, 120],
  ['provider', () => providerKey(testProvider('test/key')), 128, 60],
]

const write = (ring: Keyring) => ring.keyForWriting(CONTEXT, undefined)
const read = (ring: Keyring, slots: Uint8Array) => ring.keyForReading(slots, CONTEXT, undefined)

describe.each(KINDS)('%s key', (kind, make, type, size) => {
  test('another ring with the same key gets the same input key from the slot', async () => {
    const { slots, inputKey } = await write(keyring({ primary: make() }))
    const opened = await read(keyring({ primary: make() }), slots)
    expect(opened).toEqual({ inputKey: new Uint8Array(inputKey), stale: false })
    expect(inputKey.byteLength).toBe(32)
    expect(decodeSlots(slots)).toMatchObject([{ type, data: { byteLength: size } }])
    expect(decodeSlots(slots)?.[0]?.kid.byteLength).toBe(kind === 'passphrase' ? 0 : 8)
  })

  test('opens the same slot again and again, and leaves the stored bytes as they are, also in a Buffer', async () => {
    const ring = keyring({ primary: make() })
    const { slots, inputKey } = await write(ring)
    const stored = Buffer.from([7, ...slots, 7]).subarray(1, -1)
    for (let time = 0; time < 3; time++) {
      const opened = await read(ring, stored)
      expect(Buffer.from(opened?.inputKey ?? [])).toEqual(Buffer.from(inputKey))
      expect(opened?.stale).toBe(false)
    }
    expect(stored.equals(slots)).toBe(true)
  })

  test('as decrypt-only it says stale, disabled it opens nothing', async () => {
    const { slots } = await write(keyring({ primary: make() }))
    const primary = generateKey()
    expect(await read(keyring({ primary, keys: [make()] }), slots)).toMatchObject({ stale: true })
    expect(await read(keyring({ primary, keys: [{ key: make(), state: 'disabled' }] }), slots)).toBeUndefined()
    expect(await read(keyring({ primary }), slots)).toBeUndefined()
  })

  test('no changed byte of its slot opens to another key', async () => {
    const ring = keyring({ primary: make() })
    const { slots, inputKey } = await write(ring)
    const limited = kind === 'passphrase' ? [0, 1, 2, 3, 4, 10, 40, 60, 100, 123] : slots.keys()
    for (const at of limited) {
      const changed = slots.slice()
      changed[at] = (changed[at] ?? 0) ^ 1
      const opened = await read(ring, changed)
      // A local and an envelope key have one root: only the commitment tells a changed type.
      if (opened !== undefined) expect(Buffer.from(opened.inputKey).equals(inputKey), `byte ${at}`).toBe(true)
    }
  })

  test('prints as its id, and so does its ring', () => {
    const key = make()
    const ring = keyring({ primary: key, keys: [generateKey()] })
    expect(JSON.stringify({ key })).toBe(JSON.stringify({ key: key.id }))
    expect(inspect(key)).toBe(`${kind} key ${key.id}`)
    expect(`${ring}`).toContain(`${key.id} (primary)`)
    expect(inspect({ ring }, { depth: 9, showHidden: true })).toContain(key.id)
    expect(JSON.stringify(ring)).toBe(JSON.stringify(key.id))
  })
})

describe('keyring', () => {
  test('takes PASERK text for keys, by what it is', async () => {
    expect(keyring({ primary: local }).primary).toBe(keyId(local))
    expect(keyring({ primary: pair.publicKey }).keys).toEqual([{ id: keyId(pair.publicKey), state: 'primary' }])
    expect(keyring({ primary: pair.secretKey }).primary).toBe(keyId(pair.publicKey))
  })

  test('what is sealed with a public key cannot be read with it, or with another secret', async () => {
    const writer = keyring({ primary: sealingKey(pair.publicKey) })
    const { slots, inputKey } = await write(writer)
    expect(await read(writer, slots)).toBeUndefined()
    expect(await read(keyring({ primary: otherPair.secretKey }), slots)).toBeUndefined()
    expect((await read(keyring({ primary: pair.secretKey }), slots))?.inputKey).toEqual(inputKey)
  })

  test('a local and an envelope key of one root read each other, as stale', async () => {
    const direct = await write(keyring({ primary: localKey(local) }))
    const wrapped = await write(keyring({ primary: envelopeKey(local) }))
    expect(await read(keyring({ primary: envelopeKey(local) }), direct.slots)).toMatchObject({ stale: true })
    expect(await read(keyring({ primary: localKey(local) }), wrapped.slots)).toMatchObject({ stale: true })
  })

  test('slots and references do not tell that they are under one key', async () => {
    const { slots } = await write(keyring({ primary: local }))
    const [slot] = decodeSlots(slots) ?? []
    const id = Buffer.from(keyId(local).slice('k4.lid.'.length), 'base64url')
    expect(id.includes(Buffer.from(slot?.kid ?? []))).toBe(false)
  })

  test('opens the first slot that it can, and skips types that it does not know', async () => {
    const { slots, inputKey } = await write(keyring({ primary: local }))
    const unknown = encodeSlots([
      { type: 99, kid: new Uint8Array(255), data: new Uint8Array(500) },
      { type: 6, kid: new Uint8Array(0), data: new Uint8Array(0) },
    ])
    const block = new Uint8Array([...unknown, ...slots])
    expect((await read(keyring({ primary: local }), block))?.inputKey).toEqual(inputKey)
    expect(await read(keyring({ primary: local }), unknown)).toBeUndefined()
  })

  test('refuses malformed keys, states and references without quoting anything', () => {
    const secret = 'k4.local.hunter2hunter2'
    const bad: readonly (() => unknown)[] = [
      () => keyring({ primary: secret }),
      () => keyring({ primary: `${local} ` }),
      () => keyring({ primary: local.replace('k4', 'k3') }),
      () => keyring({ primary: `k4.secret.${'hunter2'.repeat(10)}` }),
      () => keyring({ primary: {} as never }),
      () => keyring({ primary: undefined as never }),
      () => keyring({ primary: local, keys: [{ key: local, state: 'decrypt-only' }] }),
      () => keyring({ primary: local, keys: [envelopeKey(local)] }),
      () => keyring({ primary: local, keys: [{ key: generateKey(), state: 'primary' as never }] }),
      () => keyring({ primary: local, references: pair.publicKey }),
      () => keyring({ primary: pair.publicKey, keys: [{ key: local, state: 'disabled' }], references: local }),
      () => passphraseKey({ passphrase: '' }),
      () => passphraseKey({ passphrase: 'hunter2', memory: 2 ** 31 }),
      () => passphraseKey({ passphrase: 'hunter2', passes: 17 }),
      () => passphraseKey({ passphrase: 'hunter2', maxPasses: 17 }),
      () => providerKey({ ...testProvider('x'), slotType: 1 }),
      () => providerKey({ ...testProvider('x'), id: '' }),
      () => providerKey(testProvider('x'), { contextKey: secret }),
      () => providerKey(testProvider('x'), { cache: { uses: 0 } }),
      () => sealingKey(pair.secretKey),
      () => unsealingKey(pair.publicKey),
    ]
    for (const attempt of bad) {
      let error: unknown
      try {
        attempt()
      } catch (thrown) {
        error = thrown
      }
      expect(error, String(attempt)).toMatchObject({ code: 'CONFIG' })
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2')
    }
  })

  test('halves that are no pair are CONFIG at first use, before anything unreadable is written', async () => {
    const mixed = Buffer.concat([
      Buffer.from(pair.secretKey.slice(10), 'base64url').subarray(0, 32),
      Buffer.from(otherPair.secretKey.slice(10), 'base64url').subarray(32),
    ])
    const ring = keyring({ primary: `k4.secret.${mixed.toString('base64url')}` })
    await expect(write(ring)).rejects.toMatchObject({ code: 'CONFIG' })
    const noPoint = keyring({ primary: `k4.public.${Buffer.alloc(32, 255).toString('base64url')}` })
    await expect(write(noPoint)).rejects.toMatchObject({ code: 'CONFIG' })
  })

  test('options are not changed under it', async () => {
    const options = { primary: local, keys: [generateKey()] } satisfies KeyringOptions
    const ring = keyring(options)
    options.primary = generateKey()
    options.keys.length = 0
    expect(ring.primary).toBe(keyId(local))
    expect(ring.keys).toHaveLength(2)
    expect(() => Object.assign(ring, { primary: 'x' })).toThrow(TypeError)
  })
})

describe('slots', () => {
  const slot = fc.record({
    type: fc.integer({ min: 0, max: 255 }).filter((type) => type !== SLOT.passphrase),
    kid: fc.uint8Array({ maxLength: 255 }),
    data: fc.uint8Array({ maxLength: 200 }),
  })

  test('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(slot, { minLength: 1, maxLength: 16 }), (slots) => {
        expect(decodeSlots(encodeSlots(slots))).toEqual(slots)
      }),
    )
  })

  test('any bytes are slots or refused, and never read beyond their end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const slots = decodeSlots(bytes)
        if (slots !== undefined) expect(encodeSlots(slots)).toEqual(bytes)
      }),
    )
  })

  test('limits hold before any key or provider is asked', async () => {
    const provider = testProvider('test/key')
    const ring = keyring({ primary: providerKey(provider) })
    const { slots } = await write(ring)
    const own = decodeSlots(slots)?.[0]
    const small = { type: 99, kid: new Uint8Array(), data: new Uint8Array() }
    const password = { type: SLOT.passphrase, kid: new Uint8Array(), data: new Uint8Array(120) }
    const blocks = [
      new Uint8Array(),
      encodeSlots([...(own ? [own] : []), ...Array.from({ length: 16 }, () => small)]),
      encodeSlots([...(own ? [own] : []), { ...small, data: new Uint8Array(MAX_SLOT_BYTES) }]),
      encodeSlots([...(own ? [own] : []), password, password]),
      slots.subarray(0, -1),
      new Uint8Array([...slots, 0]),
    ]
    for (const block of blocks) expect(await read(ring, block)).toBeUndefined()
    expect(provider.calls.map(({ operation }) => operation)).toEqual(['wrap'])
    expect(
      await read(ring, encodeSlots([...Array.from({ length: 15 }, () => small), ...(own ? [own] : [])])),
    ).toBeDefined()
  })
})
