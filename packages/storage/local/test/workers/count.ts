import { isResultError } from '@resultkit/core'
import { fileStorage } from '../../src/index.ts'
import { KEY, READ, serve, WRITE } from './worker.ts'

const [directory] = process.argv.slice(2)
const storage = fileStorage({ directory })

await serve(async (attempts) => {
  let successes = 0
  for (let i = 0; i < Number(attempts); i++) {
    const object = await storage.read(KEY, READ)
    if (object === undefined) throw new Error('The counter is absent.')
    const next = Number(Buffer.from(await object.bytes()).toString()) + 1
    try {
      await storage.write(KEY, Buffer.from(`${next}`), { ...WRITE, ifMatch: object.stat.etag })
      successes++
    } catch (error) {
      if (!isResultError(error) || error.code !== 'PRECONDITION_FAILED') throw error
    }
  }
  return successes
})
