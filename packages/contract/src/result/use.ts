import { isResultError, memoryStorage, type Result, type ResultReference, type ResultStorage } from '@resultkit/core'
import { type ContractCase, contractCase } from '../contract-case.ts'
import { expectThat } from '../expectation.ts'
import { firstDifference } from '../serializer/same-value.ts'
import { get, put } from '../storage/use.ts'

/** The case of one Result. */
export function resultCase(name: string, check: (result: Result) => Promise<void>): ContractCase<Result> {
  return contractCase(name, [], check)
}

/** Fails unless both are the same value. */
export function expectValue(promised: string, actual: unknown, expected: unknown): void {
  const difference = firstDifference(actual, expected)
  expectThat(difference === undefined, promised, `${difference}`)
}

/** The value that `find` gives; fails unless it is a hit. */
export async function hitValue(result: Result, at: string | ResultReference, promised: string): Promise<unknown> {
  const outcome = await result.find(at)
  expectThat(outcome.status === 'hit', promised, () => `find says ${outcome.status}`)
  return outcome.value
}

/** The same Result on a storage of its own, whose stored bytes the test can reach. */
export function onMemory(result: Result): {
  readonly result: Result
  readonly storage: ResultStorage
  bytesOf(key: string): Promise<Uint8Array>
  replace(key: string, bytes: Uint8Array): Promise<unknown>
} {
  const storage = memoryStorage({ name: 'contract' })
  return {
    result: result.with({ storage }),
    storage,
    async bytesOf(key) {
      const bytes = await get(storage, key)
      expectThat(bytes !== undefined, `write stores an object at the key "${key}"`, 'there is none')
      return bytes
    },
    replace: (key, bytes) => put(storage, key, bytes),
  }
}

/** Whether the Result encrypts: metadata would be in clear, so that it is refused then. */
export async function isEncrypting(result: Result): Promise<boolean> {
  const { result: probe } = onMemory(result)
  try {
    await probe.write(0, 'probe', { metadata: {} })
    return false
  } catch (error) {
    if (isResultError(error) && error.code === 'CONFIG') return true
    throw error
  }
}

/** A storage that notes the operations it is asked for. */
export function counting(inner: ResultStorage): { readonly storage: ResultStorage; readonly seen: string[] } {
  const seen: string[] = []
  const noted = <Args extends readonly unknown[], Outcome>(name: string, work: (...args: Args) => Outcome) => {
    return (...args: Args): Outcome => {
      seen.push(name)
      return work(...args)
    }
  }
  return {
    seen,
    storage: {
      uri: inner.uri,
      capabilities: inner.capabilities,
      read: noted('read', inner.read),
      write: noted('write', inner.write),
      stat: noted('stat', inner.stat),
      delete: noted('delete', inner.delete),
      list: noted('list', (prefix: string, options: Parameters<ResultStorage['list']>[1]) =>
        inner.list(prefix, options),
      ),
    },
  }
}

/** All keys of a Result's storage. */
export async function listedKeys(result: Result, prefix: string = ''): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const entry of result.list(prefix)) keys.push(entry.key)
  return keys
}
