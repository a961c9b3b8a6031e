import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ContractCase } from '@resultkit/contract'
import type { ByteSource, ResultStorage } from '@resultkit/core'
import { filesBelow, keys, open, openFiles, put, stat } from '../support.ts'

/** What only a look at the directory or at this process shows, in the form of the contract. */
function localCase(name: string, check: (storage: ResultStorage) => Promise<string>): ContractCase<ResultStorage> {
  return {
    name: `local: ${name}`,
    requires: [],
    async run({ open: make }) {
      const happened = await check(await make())
      if (happened !== '') throw new Error(`promised: ${name}; happened: ${happened}`)
    },
  }
}

const CHUNK = new Uint8Array(100_000).fill(7)
const filesOf = (storage: ResultStorage): string => filesBelow(fileURLToPath(storage.uri)).join(', ')

async function* chunks(count: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield CHUNK
}

async function checkFailed(storage: ResultStorage): Promise<string> {
  const control = new AbortController()
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield* chunks(3)
    throw new Error('broken')
  }
  async function* aborted(): AsyncGenerator<Uint8Array> {
    yield* chunks(3)
    control.abort()
    yield* chunks(3)
  }
  const fails = (body: ByteSource, options: Parameters<typeof put>[3]) =>
    put(storage, 'a/k', body, options).catch(() => {})
  await fails(broken, {})
  await fails(broken, { ifAbsent: true })
  await fails(aborted, { signal: control.signal })
  await fails(() => chunks(2), { size: 1 })
  return filesOf(storage)
}

async function checkWritten(storage: ResultStorage): Promise<string> {
  const { etag } = await put(storage, 'k', 'first', { ifAbsent: true })
  await put(storage, 'k', 'second', { ifMatch: etag })
  await put(storage, 'k', () => chunks(5))
  await put(storage, 'a/created', () => chunks(5), { ifAbsent: true })
  const files = filesOf(storage)
  return files === 'a/created, k' ? '' : files
}

async function checkHalfway(storage: ResultStorage): Promise<string> {
  const seen: string[] = []
  async function* body(): AsyncGenerator<Uint8Array> {
    yield* chunks(2)
    if ((await open(storage, 'k')) !== undefined) seen.push('read finds it')
    if ((await stat(storage, 'k')) !== undefined) seen.push('stat finds it')
    if ((await keys(storage)).length > 0) seen.push('it is listed')
    yield CHUNK
  }
  await put(storage, 'k', body, { ifAbsent: true })
  return seen.join(', ')
}

async function checkLeft(storage: ResultStorage): Promise<string> {
  await put(storage, 'k', () => chunks(10))
  const before = openFiles()
  for (let i = 0; i < 5; i++) {
    const object = await open(storage, 'k')
    for await (const _ of object?.stream() ?? []) break
  }
  await setImmediate()
  const more = openFiles() - before
  return more === 0 ? '' : `${more} files are open`
}

export const localCases: readonly ContractCase<ResultStorage>[] = [
  localCase('a failed write leaves no file', checkFailed),
  localCase('a write leaves no file but its own', checkWritten),
  localCase('nothing is visible halfway through a write with ifAbsent', checkHalfway),
  localCase('a stream that is left early closes its file', checkLeft),
]
