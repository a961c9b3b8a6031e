import { setImmediate } from 'node:timers/promises'
import { it } from 'vitest'
import { fileStorage } from '../src/index.ts'
import { entries, open, put, stat, temporaryDirectory } from './support.ts'

it.each(['auto', 'sync', 'async'] as const)('with io: %s, a busy loop leaves room for others', async (io) => {
  const storage = fileStorage({ directory: temporaryDirectory(), io })
  await put(storage, 'k', new Uint8Array(300_000))
  for (const work of [
    () => put(storage, 'small', 'v'),
    () => open(storage, 'small'),
    () => stat(storage, 'none'),
    () => entries(storage),
    async () => (await open(storage, 'k'))?.bytes(),
  ]) {
    let over = false
    const other = setImmediate().then(() => {
      over = true
    })
    while (!over) await work()
    await other
  }
})
