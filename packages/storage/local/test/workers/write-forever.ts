import { isResultError } from '@resultkit/core'
import { fileStorage } from '../../src/index.ts'
import { KEY, makeValue, READ, say, someSize, WRITE } from './worker.ts'

const [directory, how] = process.argv.slice(2)
const storage = fileStorage({ directory })

async function* streamed(value: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < value.byteLength; at += 10_000) yield value.subarray(at, at + 10_000)
}

process.on('disconnect', () => process.exit())
say('ready')
for (let i = 0; ; i++) {
  const value = makeValue(i, someSize())
  if (how === 'plain') await storage.write(KEY, value, WRITE)
  if (how === 'stream') await storage.write(KEY, () => streamed(value), WRITE)
  if (how === 'match') {
    const ifMatch = (await storage.stat(KEY, READ))?.etag
    const options = ifMatch === undefined ? { ...WRITE, ifAbsent: true } : { ...WRITE, ifMatch }
    await storage.write(KEY, value, options).catch((error: unknown) => {
      if (!isResultError(error) || error.code !== 'PRECONDITION_FAILED') throw error
    })
  }
  say(i)
}
