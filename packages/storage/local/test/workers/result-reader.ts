import { createResultStore, type ResultReference } from '@resultkit/core'
import { fileStorage } from '../../src/index.ts'
import { AT, checkStory, serve } from './result-worker.ts'

// All that this process knows is a name and a directory.
const [directory, slug = ''] = process.argv.slice(2)
const store = createResultStore({ storages: { [slug]: fileStorage({ directory }) } })
const values = store.result(slug)

await serve(async (message) => {
  const { references, count } = message as { references: readonly ResultReference[]; count: number }
  const seen = new Set<number>()
  for (let i = 0; i < count; i++) {
    const found = await values.find(AT)
    if (found.status !== 'hit') throw new Error(`find says ${found.status}`)
    seen.add(checkStory(found.value))
    seen.add(checkStory(await values.read(AT)))
  }
  const referenced: number[] = []
  for (const reference of references) referenced.push(checkStory(await store.get(JSON.stringify(reference))))
  return { seen: [...seen], referenced }
})
