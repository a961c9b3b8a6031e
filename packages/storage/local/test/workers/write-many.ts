import { fileStorage } from '../../src/index.ts'
import { KEY, makeValue, serve, someSize, WRITE } from './worker.ts'

const [directory, id] = process.argv.slice(2)
const storage = fileStorage({ directory })

await serve(async (count) => {
  for (let i = 0; i < Number(count); i++) await storage.write(KEY, makeValue(Number(id), someSize()), WRITE)
  return 'done'
})
