import { collectBytes } from '@resultkit/core'
import { fileStorage } from '../../src/index.ts'
import { checkValue, KEY, READ, serve } from './worker.ts'

const [directory] = process.argv.slice(2)
const storage = fileStorage({ directory })

await serve(async (count) => {
  const seen = new Set<number>()
  for (let i = 0; i < Number(count); i++) {
    const object = await storage.read(KEY, READ)
    if (object === undefined) throw new Error('The value is absent.')
    const bytes = i % 2 === 0 ? await object.bytes() : await collectBytes(object.stream())
    if (bytes.byteLength !== object.stat.size) throw new Error('The value is another one than its stat.')
    seen.add(checkValue(bytes))
  }
  return seen.size
})
