import type { Result, ResultReference } from '@resultkit/core'
import type { ContractCase } from '../contract-case.ts'
import { expectRefusal, expectSame, expectThat } from '../expectation.ts'
import { expectValue, isEncrypting, onMemory, resultCase } from './use.ts'

const MEMBERS = ['type', 'v', 'storage', 'key', 'format', 'serializer', 'codecs', 'size', 'sha256']

async function checkPlain(result: Result): Promise<void> {
  const reference = await result.write({ n: 1 }, 'dir/plain')
  expectSame('a reference says what it is', reference.type, 'reference')
  expectSame('a reference has the key', reference.key, 'dir/plain')
  expectThat(reference.storage !== '', 'a reference names the storage', 'the name is empty')
  expectThat(/^[0-9a-f]{64}$/.test(reference.sha256), 'a reference has a digest', reference.sha256)
  const extra = Object.keys(reference).find((member) => !MEMBERS.includes(member))
  expectSame('a reference has no other members', extra, undefined)
  const copies: Record<string, ResultReference> = {
    JSON: JSON.parse(JSON.stringify(reference)) as ResultReference,
    structuredClone: structuredClone(reference),
    base64: JSON.parse(atob(btoa(JSON.stringify(reference)))) as ResultReference,
  }
  for (const [form, copy] of Object.entries(copies)) {
    expectValue(`a reference survives ${form}`, copy, reference)
    expectValue(`a copy by ${form} finds the value`, await result.read(copy), { n: 1 })
  }
}

async function checkStrict(result: Result): Promise<void> {
  const reference = await result.write({ n: 1 }, 'strict')
  const wrong: readonly object[] = [
    { ...reference, more: 1 },
    { ...reference, sha256: reference.sha256.toUpperCase().replace(/^./, 'G') },
    { ...reference, size: -1 },
    { sha256: reference.sha256 },
  ]
  for (const at of wrong)
    await expectRefusal('what is no reference is CONFIG', 'CONFIG', () => result.read(at as ResultReference))
  const newer = { ...reference, v: 2 } as unknown as ResultReference
  await expectRefusal('a newer reference is UNSUPPORTED', 'UNSUPPORTED', () => result.read(newer))
  const outside = { ...reference, key: '../outside' }
  await expectRefusal('a reference cannot leave the storage', 'INVALID_KEY', () => result.read(outside))
}

async function checkReplaced(result: Result): Promise<void> {
  const old = await result.write({ v: 'old' }, 'replaced')
  const current = await result.write({ v: 'new' }, 'replaced')
  await expectRefusal('a reference whose value was replaced is REPLACED', 'REPLACED', () => result.read(old))
  await expectRefusal('find with such a reference is REPLACED', 'REPLACED', () => result.find(old))
  expectValue('the new reference reads', await result.read(current), { v: 'new' })
  expectValue('allowReplaced reads what is there', await result.read(old, { allowReplaced: true }), { v: 'new' })
}

async function checkSameValue(result: Result): Promise<void> {
  const first = await result.write({ v: 'same' }, 'same')
  const second = await result.write({ v: 'same' }, 'same')
  expectValue('the newest reference reads', await result.read(second), { v: 'same' })
  if (await isEncrypting(result)) return
  expectSame('the same value has the same reference', JSON.stringify(second), JSON.stringify(first))
  expectValue('the same value written again keeps earlier references valid', await result.read(first), { v: 'same' })
}

async function checkSwapped(result: Result): Promise<void> {
  const { result: reached, bytesOf, replace } = onMemory(result)
  const [a, b] = [await reached.write({ v: 'aaaa' }, 'a'), await reached.write({ v: 'bbbb' }, 'b')]
  const [bytesOfA, bytesOfB] = [await bytesOf('a'), await bytesOf('b')]
  await replace('a', bytesOfB)
  await replace('b', bytesOfA)
  for (const reference of [a, b])
    await expectRefusal('objects that were swapped are found out', ['REPLACED', 'DECRYPT', 'CORRUPT'], () =>
      reached.read(reference),
    )
}

/** References survive, and mean one value. */
export const referenceCases: readonly ContractCase<Result>[] = [
  resultCase('reference: plain JSON that survives every queue', checkPlain),
  resultCase('reference: what is none is refused', checkStrict),
  resultCase('reference: a replaced value is REPLACED', checkReplaced),
  resultCase('reference: the same value keeps it valid', checkSameValue),
  resultCase('reference: swapped objects are found out', checkSwapped),
]
