import { isResultError, parseKey } from '@resultkit/core'
import { fileStorage } from '../../src/index.ts'
import { makeValue, serve, WRITE } from './worker.ts'

const [directory, id] = process.argv.slice(2)
const storage = fileStorage({ directory })

await serve(async (round) => {
  try {
    await storage.write(parseKey(`race/${round}`), makeValue(Number(id), 2000), { ...WRITE, ifAbsent: true })
    return true
  } catch (error) {
    if (isResultError(error) && error.code === 'ALREADY_EXISTS') return false
    throw error
  }
})
