import { type Codec, concatBytes, equalBytes, isResultError } from '@resultkit/core'
import { cut, pattern, utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectRefusal, expectThat } from '../expectation.ts'
import { show } from '../show.ts'
import { brokenCode, codecCase, context, decodePieces, encodePieces, SAMPLE } from './use.ts'

type Damage = readonly (readonly [what: string, bytes: Uint8Array])[]

function truncations(encoded: Uint8Array): Damage {
  return Array.from({ length: encoded.byteLength }, (_, size) => [
    `cut after ${size} of ${encoded.byteLength} bytes`,
    encoded.subarray(0, size),
  ])
}

function extensions(encoded: Uint8Array): Damage {
  return [
    ['followed by a zero', concatBytes([encoded, new Uint8Array(1)])],
    ['followed by a byte', concatBytes([encoded, utf8('x')])],
    ['followed by 64 KiB', concatBytes([encoded, pattern(65_536)])],
    ['given twice', concatBytes([encoded, encoded])],
    ['following a byte', concatBytes([utf8('x'), encoded])],
  ]
}

function flips(encoded: Uint8Array): Damage {
  return Array.from({ length: encoded.byteLength * 8 }, (_, bit) => {
    const copy = encoded.slice()
    const at = bit >> 3
    copy[at] = (copy[at] as number) ^ (1 << (bit & 7))
    return [`with bit ${bit & 7} of byte ${at} flipped`, copy]
  })
}

async function checkRefused(codec: Codec, damages: (encoded: Uint8Array) => Damage): Promise<void> {
  const code = brokenCode(codec)
  for (const value of [SAMPLE, new Uint8Array(0)]) {
    for (const encoded of [await codec.encode(value, context()), await encodePieces(codec, [value])])
      for (const [what, bytes] of damages(encoded)) {
        await expectRefusal(`a payload ${what} is ${code}`, code, () => codec.decode(bytes, context()))
        await expectRefusal(`a stream ${what} is ${code}`, code, () => decodePieces(codec, cut(bytes, [7])))
      }
  }
}

async function checkLargeTruncations(codec: Codec): Promise<void> {
  const code = brokenCode(codec)
  const encoded = await encodePieces(codec, [pattern(300_000)])
  for (const missing of [1, 2, 16, 17, 100, 65_536, 150_000]) {
    const bytes = encoded.subarray(0, encoded.byteLength - missing)
    const promised = `a stream without its last ${missing} bytes never ends normally`
    await expectRefusal(promised, code, () => decodePieces(codec, cut(bytes, [10_000])))
  }
}

/** A flip may be harmless (a time in a gzip header), but never gives another value, and never another error. */
async function checkFlips(codec: Codec): Promise<void> {
  const code = brokenCode(codec)
  const encoded = await codec.encode(SAMPLE, context())
  for (const [what, bytes] of flips(encoded)) {
    for (const decode of [() => codec.decode(bytes, context()), () => decodePieces(codec, cut(bytes, [13]))]) {
      const promised = `a payload ${what} is ${code}, never another value`
      const outcome = await Promise.resolve()
        .then(decode)
        .catch((error: unknown) => error)
      const kept =
        outcome instanceof Uint8Array ? equalBytes(outcome, SAMPLE) : isResultError(outcome) && outcome.code === code
      expectThat(kept, promised, () => show(outcome))
    }
  }
}

async function checkGarbage(codec: Codec): Promise<void> {
  const code = brokenCode(codec)
  for (const bytes of [
    pattern(1),
    pattern(64),
    pattern(5000),
    new Uint8Array(100),
    new Uint8Array(100).fill(255),
    SAMPLE,
  ]) {
    await expectRefusal(`what was never encoded is ${code}`, code, () => codec.decode(bytes, context()))
    await expectRefusal(`what was never encoded is ${code}`, code, () => decodePieces(codec, [bytes]))
  }
}

async function checkBound(codec: Codec): Promise<void> {
  const encoded = await codec.encode(SAMPLE, context())
  const moved = { key: 'contract/other' }
  const relabelled = { header: utf8('{"resultkit":1,"serializer":"other"}\n') }
  for (const [what, other] of [
    ['under another key', moved],
    ['under another header', relabelled],
  ] as const) {
    await expectRefusal(`a payload ${what} is DECRYPT`, 'DECRYPT', () => codec.decode(encoded, context(other)))
    await expectRefusal(`a payload ${what} is DECRYPT`, 'DECRYPT', () => decodePieces(codec, [encoded], other))
  }
}

/** What is not exactly an encoding is refused. */
export const damageCases: readonly ContractCase<Codec>[] = [
  codecCase('damage: a truncated payload is refused, wherever it ends', [], (c) => checkRefused(c, truncations)),
  codecCase('damage: a truncated stream never ends normally', [], checkLargeTruncations),
  codecCase('damage: an extended payload is refused', [], (c) => checkRefused(c, extensions)),
  codecCase('damage: a flipped bit never gives another value', [], checkFlips),
  codecCase('damage: a flipped bit is refused by encryption', ['encryption'], (c) => checkRefused(c, flips)),
  codecCase('damage: what was never encoded is refused', [], checkGarbage),
  codecCase('damage: a payload under another key or header is refused', ['encryption'], checkBound),
]
