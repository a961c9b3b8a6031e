import { execFileSync } from 'node:child_process'
import { isResultError, parseKey, releaseObject, type StoredObject } from '@resultkit/core'
import { fileStorage } from '../../src/index.ts'
import { READ, serve } from './worker.ts'

const [directory] = process.argv.slice(2)
const storage = fileStorage({ directory })

await serve(async () => {
  execFileSync('prlimit', ['--pid', `${process.pid}`, '--nofile=100:100'])
  const objects: (StoredObject | undefined)[] = []
  try {
    for (let i = 0; i < 200; i++) objects.push(await storage.read(parseKey('k'), READ))
    return 'all were opened'
  } catch (error) {
    for (const object of objects) await releaseObject(object)
    if (!isResultError(error)) return error
    const after = await (await storage.read(parseKey('k'), READ))?.bytes()
    return { code: error.code, retryable: error.retryable, after: after?.byteLength }
  }
})
