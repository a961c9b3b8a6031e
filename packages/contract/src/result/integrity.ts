import { memoryStorage, type Result, ResultError, type ResultErrorCode, type ResultStorage } from '@resultkit/core'
import { utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectRefusal, expectSame } from '../expectation.ts'
import { expectValue, isEncrypting, onMemory, resultCase } from './use.ts'

const VALUE = { name: 'sample', list: [1, 2, 3] }

/** What damage may be called: a flipped bit in the header may also name another version or pipeline. */
async function damageCodes(result: Result, inHeader: boolean): Promise<readonly ResultErrorCode[]> {
  if (await isEncrypting(result)) return ['DECRYPT']
  return inHeader ? ['CORRUPT', 'UNSUPPORTED'] : ['CORRUPT']
}

async function expectDamaged(result: Result, codes: readonly ResultErrorCode[], what: string): Promise<void> {
  const promised = `a result ${what} is never read as a value or a miss`
  await expectRefusal(promised, codes, () => result.read('damaged'))
  await expectRefusal(promised, codes, () => result.find('damaged'))
}

async function checkTruncated(result: Result): Promise<void> {
  const { result: reached, bytesOf, replace } = onMemory(result)
  await reached.write(VALUE, 'damaged')
  const bytes = await bytesOf('damaged')
  const codes = await damageCodes(result, false)
  for (let size = 0; size < bytes.byteLength; size++) {
    await replace('damaged', bytes.slice(0, size))
    await expectDamaged(reached, codes, `cut after ${size} of ${bytes.byteLength} bytes`)
  }
  for (const more of [' ', '\n', 'x'.repeat(200)]) {
    await replace('damaged', new Uint8Array([...bytes, ...utf8(more)]))
    await expectDamaged(reached, codes, 'followed by more')
  }
}

async function checkFlipped(result: Result): Promise<void> {
  const { result: reached, bytesOf, replace } = onMemory(result)
  const reference = await reached.write(VALUE, 'damaged')
  const bytes = await bytesOf('damaged')
  const headerEnd = bytes.indexOf(10)
  const [inHeader, behind] = [await damageCodes(result, true), await damageCodes(result, false)]
  for (let at = 0; at < bytes.byteLength; at++)
    for (const bit of [0, 3, 7]) {
      const copy = bytes.slice()
      copy[at] = (copy[at] as number) ^ (1 << bit)
      await replace('damaged', copy)
      const codes = at <= headerEnd ? inHeader : behind
      await expectDamaged(reached, codes, `with bit ${bit} of byte ${at} flipped`)
      await expectRefusal('a damaged result is not read by reference', [...codes, 'REPLACED'], () =>
        reached.read(reference),
      )
    }
  await replace('damaged', bytes)
  expectValue('an undamaged result is read', await reached.read(reference), VALUE)
}

async function checkForeign(result: Result): Promise<void> {
  const { result: reached, replace } = onMemory(result)
  const codes = await damageCodes(result, true)
  for (const text of ['', '{}', '{"a":1}\n', 'hello', '{"resultkit":1}\n', '\n\n\n']) {
    await replace('damaged', utf8(text))
    await expectDamaged(reached, codes, `that is another file (${JSON.stringify(text)})`)
  }
}

async function checkPipeline(result: Result): Promise<void> {
  const { result: reached } = onMemory(result)
  await reached.with({ serializer: 'text' }).write('text', 'other')
  await expectRefusal('a result of another serializer is UNSUPPORTED', ['UNSUPPORTED', 'DECRYPT'], () =>
    reached.read('other'),
  )
  expectSame('describe works without the serializer', (await reached.describe('other'))?.serializer, 'text')
  expectSame('exists works without the serializer', await reached.exists('other'), true)
}

function failing(): ResultStorage {
  const inner = memoryStorage()
  const fail = (operation: string): Promise<never> =>
    Promise.reject(new ResultError({ code: 'UNAVAILABLE', operation, storage: inner.uri, message: 'It is down.' }))
  return {
    uri: inner.uri,
    capabilities: inner.capabilities,
    read: () => fail('read'),
    write: () => fail('write'),
    stat: () => fail('stat'),
    delete: () => fail('delete'),
    async *list() {
      yield await fail('list')
    },
  }
}

async function checkOutage(result: Result): Promise<void> {
  const down = result.with({ storage: failing() })
  const attempts: Record<string, () => Promise<unknown>> = {
    find: () => down.find('key'),
    read: () => down.read('key'),
    exists: () => down.exists('key'),
    stat: () => down.stat('key'),
    describe: () => down.describe('key'),
    delete: () => down.delete('key'),
    write: () => down.write(VALUE, 'key'),
  }
  for (const [operation, attempt] of Object.entries(attempts)) {
    const error = await expectRefusal(`an outage during ${operation} is never a miss`, 'UNAVAILABLE', attempt)
    expectSame(`an outage during ${operation} has the key`, error.key, 'key')
  }
}

/** Damage, other pipelines and outages are no values and no misses. */
export const integrityCases: readonly ContractCase<Result>[] = [
  resultCase('integrity: a truncated or extended record is CORRUPT or DECRYPT', checkTruncated),
  resultCase('integrity: a flipped bit is never read as a value', checkFlipped),
  resultCase('integrity: what is no record is CORRUPT or DECRYPT', checkForeign),
  resultCase('integrity: another pipeline is UNSUPPORTED, and can be described', checkPipeline),
  resultCase('integrity: an outage is never a miss', checkOutage),
]
