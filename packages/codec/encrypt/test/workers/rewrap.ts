import { flushCompileCache } from 'node:module'
import { type ByteSource, Result, type ResultStorage, streamOf } from '@resultkit/core'
import { fileStorage } from '@resultkit/local'
import { encrypt, envelopeKey, keyring, rewrap } from '../../src/index.ts'

/** Where the process kills itself: at this write, in this phase of it. */
type Phase = 'before' | 'within' | 'after'

const [directory = '', mode, primary = '', old = '', killAt = '0', phase] = process.argv.slice(2)

function die(): never {
  // Compiled code is kept at a normal exit only.
  flushCompileCache?.()
  process.kill(process.pid, 'SIGKILL')
  throw new Error('unreachable')
}

async function* halfOf(body: ByteSource): AsyncGenerator<Uint8Array> {
  let given = 0
  for await (const piece of streamOf(body)) {
    yield piece.subarray(0, Math.ceil(piece.byteLength / 2))
    given += 1
    if (given === 2) die()
    yield piece.subarray(Math.ceil(piece.byteLength / 2))
  }
}

function fatal(storage: ResultStorage): ResultStorage {
  let writes = 0
  const write: ResultStorage['write'] = async (key, body, options) => {
    const last = ++writes === Number(killAt)
    if (last && (phase as Phase) === 'before') die()
    const stat = await storage.write(key, last && phase === 'within' ? () => halfOf(body) : body, options)
    if (last) die()
    return stat
  }
  return { ...storage, write }
}

const keys = keyring({ primary: envelopeKey(primary), keys: [envelopeKey(old)] })
const storage = fatal(fileStorage({ directory }))
const result = new Result({ storage, codecs: [encrypt({ keyring: keys })] })
const report = await rewrap(result, { mode: mode as 'wrap' | 'full', concurrency: 3 })
process.stdout.write(JSON.stringify(report))
