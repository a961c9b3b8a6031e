import { concatBytes, type Serializer, type ValueSerializer } from '@resultkit/core'
import { pattern, utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectBytes, expectList, expectRefusal, expectSame, expectThat } from '../expectation.ts'
import { AWKWARD_VALUES, REFUSED_INSIDE } from './awkward-values.ts'
import { firstDifference } from './same-value.ts'
import { expectValueOrDeserialize, serialized, unlessRefused, valueCase } from './use.ts'

async function checkValue(serializer: ValueSerializer, name: string, build: () => unknown): Promise<void> {
  // Made by one call at one place, so that errors have equal stacks.
  const [value, unchanged, equal] = [1, 2, 3].map(() => build())
  const promised = `${name} comes back exactly, or is refused with SERIALIZE`
  const bytes = await unlessRefused(promised, () => serialized(serializer, value))
  if (bytes === undefined) return
  const back = await serializer.deserialize(bytes.slice())
  const difference = firstDifference(back, value)
  expectThat(difference === undefined, promised, `${difference}`)
  const change = firstDifference(value, unchanged)
  expectThat(change === undefined, `serialize leaves ${name} as it is`, `${change}`)
  expectBytes(`${name} gives the same bytes again`, await serialized(serializer, equal), bytes)
  expectSame('no prototype is changed', ({} as Record<string, unknown>)['polluted'], undefined)
}

async function checkAcceptsSomething(serializer: ValueSerializer): Promise<void> {
  for (const build of Object.values(AWKWARD_VALUES)) {
    if (await unlessRefused('serialize fails with SERIALIZE alone', () => serialized(serializer, build()))) return
  }
  expectThat(false, 'a serializer takes some value', 'it refused them all')
}

async function checkPath(serializer: ValueSerializer): Promise<void> {
  const { build, accepted, path } = REFUSED_INSIDE
  const promised = 'a function inside a value is refused with SERIALIZE'
  const error = await expectRefusal(promised, 'SERIALIZE', () => serialized(serializer, build()))
  const printed = `${error.message} ${JSON.stringify(error)} ${error.stack}`
  expectThat(!printed.includes('hunter2'), 'SERIALIZE prints nothing of the value', printed)
  const sound = await unlessRefused(promised, () => serialized(serializer, accepted()))
  if (sound === undefined) return
  expectList('SERIALIZE names the path inside the value, in issues', error.issues[0]?.path ?? [], path)
}

async function checkOwnBytes(serializer: ValueSerializer): Promise<void> {
  for (const build of [
    (): Uint8Array => pattern(5000),
    (): unknown => [pattern(5000)],
    (): unknown => Float64Array.of(1, 2),
  ]) {
    const value = build()
    const bytes = await unlessRefused('typed arrays are taken or refused', async () => serializer.serialize(value))
    if (bytes === undefined) continue
    for (const view of [value].flat()) new Uint8Array((view as Uint8Array).buffer).fill(0xee)
    const all = concatBytes(bytes instanceof Uint8Array ? [bytes] : bytes).slice()
    const difference = firstDifference(await serializer.deserialize(all), build())
    const promised = 'changing a value after serialize does not change the bytes'
    expectThat(difference === undefined, promised, `${difference}`)
  }
}

const SAMPLE = { name: 'sample', values: [1, 2.5, 'three', null, true], nested: { empty: [] } }

async function checkDamage(serializer: ValueSerializer): Promise<void> {
  const bytes = await unlessRefused('an object is taken or refused', () => serialized(serializer, SAMPLE))
  if (bytes === undefined) return
  for (let size = 0; size < bytes.byteLength; size++) {
    const promised = `an object cut after ${size} of ${bytes.byteLength} bytes is DESERIALIZE`
    await expectRefusal(promised, 'DESERIALIZE', async () => serializer.deserialize(bytes.slice(0, size)))
  }
  for (const more of [bytes, utf8('x'), Uint8Array.of(0)]) {
    const promised = 'an object that is followed by more is DESERIALIZE'
    await expectRefusal(promised, 'DESERIALIZE', async () => serializer.deserialize(concatBytes([bytes, more])))
  }
}

async function checkGarbage(serializer: ValueSerializer): Promise<void> {
  const garbage = [
    new Uint8Array(0),
    ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)),
    ...Array.from({ length: 64 }, (_, seed) => pattern(50, seed)),
    new Uint8Array(8).fill(255),
    ...['{', '[1', '{"a":1,}', 'nul', '"\\ud800', '\ufeff{}', '{"a":1}{"b":2}', '1e999', ''].map(utf8),
    ...['[', '{"a":'].map((unit) => utf8(unit.repeat(100_000))),
  ]
  for (const bytes of garbage)
    await expectValueOrDeserialize('garbage is DESERIALIZE, if it is not a value', async () =>
      serializer.deserialize(bytes.slice()),
    )
}

async function checkParallel(serializer: ValueSerializer): Promise<void> {
  const builds = Object.values(AWKWARD_VALUES)
  const work = builds.map(async (build) => {
    const value = build()
    const bytes = await unlessRefused('values are taken or refused', () => serialized(serializer, value))
    return bytes && firstDifference(await serializer.deserialize(bytes), value)
  })
  const difference = (await Promise.all(work)).find((found) => found !== undefined)
  expectSame('a serializer works on many values at the same time', difference, undefined)
}

/** Serializers of values. */
export const valueCases: readonly ContractCase<Serializer>[] = [
  ...Object.entries(AWKWARD_VALUES).map(([name, build]) =>
    valueCase(`value: ${name} comes back exactly, or is refused`, (serializer) => checkValue(serializer, name, build)),
  ),
  valueCase('values: some are taken', checkAcceptsSomething),
  valueCase('values: a refusal names the path, and prints no value', checkPath),
  valueCase('values: the bytes do not follow later changes of the value', checkOwnBytes),
  valueCase('values: many at the same time', checkParallel),
  valueCase('bytes: a truncated or extended object is DESERIALIZE', checkDamage),
  valueCase('bytes: garbage is DESERIALIZE', checkGarbage),
]
