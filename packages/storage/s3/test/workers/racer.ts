import { isResultError, parseKey, type WriteOptions } from '@resultkit/core'
import { s3Storage } from '../../src/index.ts'

// Writes what its parent asks for, and says whether it won: { name, ifAbsent, ifMatch, size, stream }.
const [connection = '{}', id = ''] = process.argv.slice(2)
const storage = s3Storage({ ...JSON.parse(connection), retry: { minDelay: '5ms' } })

interface Task {
  readonly name: string
  readonly ifAbsent: boolean
  readonly ifMatch: string | undefined
  readonly stream: boolean
}

process.on('message', async ({ name, ifAbsent, ifMatch, stream }: Task) => {
  const bytes = new TextEncoder().encode(id.repeat(1000))
  const body = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, 10)
    yield bytes.subarray(10)
  }
  const common = { contentType: undefined, size: undefined, signal: undefined }
  const options: WriteOptions = { ...common, ifAbsent, ifMatch, writeId: `${id}-${Math.random()}` }
  try {
    const { etag } = await storage.write(parseKey(name), stream ? body : bytes, options)
    process.send?.({ etag })
  } catch (error) {
    process.send?.({ code: isResultError(error) ? error.code : `${error}` })
  }
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
