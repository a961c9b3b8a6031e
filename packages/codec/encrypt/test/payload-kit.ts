import { createHash } from 'node:crypto'
import type { Codec, CodecContext } from '@resultkit/core'
import { payloadCodec } from '../src/encrypt.ts'
import type { Engine } from '../src/engine.ts'
import { loadEngine } from '../src/engine-load.ts'
import { mixedEngine } from '../src/engine-mixed.ts'
import { nodeEngine } from '../src/engine-node.ts'
import { sodiumEngine } from '../src/engine-sodium.ts'
import type { PayloadKeys } from '../src/payload-keys.ts'
import type { PayloadSettings } from '../src/payload-settings.ts'
import { loadSodium } from '../src/sodium.ts'
import { SUITES } from '../src/suite.ts'
import type { Transform } from '../src/transform.ts'

export const KEY_ID = new TextEncoder().encode('test-kid')

/** A slot of type 0 with an 8-byte id. */
export function directSlot(id: Uint8Array): Uint8Array {
  return Uint8Array.from([0, id.byteLength, ...id, 0, 0])
}

/** The 32 bytes that a name stands for in tests. */
export function keyNamed(name: string): Uint8Array {
  return createHash('sha256').update(name).digest()
}

export interface TestKeys extends PayloadKeys {
  /** What the codec asked for. */
  readonly asked: { readonly operation: 'write' | 'read'; readonly namespace: string; readonly key: string }[]
}

/** Direct keys by id; the first one is for writing. */
export function testKeys(ids: readonly string[] = ['test-kid']): TestKeys {
  const slots = ids.map((id) => directSlot(new TextEncoder().encode(id)))
  const asked: TestKeys['asked'] = []
  return {
    asked,
    async keyForWriting(context) {
      asked.push({ operation: 'write', ...context })
      return { slots: slots[0] as Uint8Array, inputKey: keyNamed(ids[0] as string) }
    },
    async keyForReading(stored, context) {
      asked.push({ operation: 'read', ...context })
      const index = slots.findIndex((slot) => Buffer.from(stored).equals(slot))
      return index < 0 ? undefined : { inputKey: keyNamed(ids[index] as string), stale: index > 0 }
    },
  }
}

/** Both engines, and the one that is made of them. */
export async function engines(): Promise<readonly [node: Engine, sodium: Engine, mixed: Engine]> {
  const node = nodeEngine()
  if (node === undefined) throw new Error('These tests need node:crypto.')
  const sodium = sodiumEngine(await loadSodium())
  return [node, sodium, mixedEngine(node, sodium)]
}

/** The codec with settings of a test's own. */
export function testCodec(settings: Partial<PayloadSettings> = {}): Codec {
  const defaults = { suite: SUITES['chacha20-poly1305'], padded: false, namespace: '', engine: loadEngine }
  return payloadCodec({ keyring: testKeys(), ...defaults, ...settings })
}

export const HEADER: Uint8Array = new TextEncoder().encode('{"resultkit":1,"serializer":"bytes"}\n')

/** A record's context. */
export function contextOf(context: Partial<CodecContext> = {}): CodecContext {
  return { key: 'a/key', header: HEADER, report: () => {}, ...context }
}

/** A stream through a transform. */
export async function* through(
  pieces: AsyncIterable<Uint8Array>,
  transform: Transform,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) yield* transform.push(piece)
  yield* transform.end()
}
