// Tries one conditional write when told to, and says how it went.
import { parseKey } from '@resultkit/core'
import { gcsStorage } from '../../src/index.ts'

const [apiEndpoint = '', name = '', streams = ''] = process.argv.slice(2)
const storage = gcsStorage({ bucket: 'bucket', apiEndpoint, chunkSize: 256 * 1024 })
const bytes = new Uint8Array(300_000).fill(process.pid & 0xff)
// Connected, so that the race is one of writes.
await storage.stat(parseKey('none'), { signal: undefined })
process.send?.('ready')

process.on('message', async ({ round, ifMatch }: { readonly round: number; readonly ifMatch?: string }) => {
  const body =
    streams === 'stream'
      ? async function* () {
          yield bytes
        }
      : bytes.subarray(0, 1000)
  const options = {
    ifAbsent: ifMatch === undefined,
    ifMatch,
    contentType: undefined,
    size: undefined,
    signal: undefined,
  }
  try {
    const key = parseKey(ifMatch === undefined ? `${name}-${round}` : name)
    const stat = await storage.write(key, body, { ...options, writeId: `${process.pid}-${round}` })
    process.send?.({ won: true, etag: stat.etag })
  } catch (error) {
    process.send?.({ won: false, code: (error as { code?: unknown }).code })
  }
})
process.on('disconnect', () => process.exit())
