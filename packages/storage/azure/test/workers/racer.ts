import { isResultError, parseKey, type WriteOptions } from '@resultkit/core'
import { azureStorage } from '../../src/index.ts'

const [connectionString, container, prefix, id] = process.argv.slice(2)
// Values of odd racers go in blocks.
const partSize = Number(id) % 2 === 0 ? 1_000_000 : 500
const storage = azureStorage({ connectionString, container, prefix, partSize })
const WRITE: WriteOptions = {
  ifAbsent: false,
  ifMatch: undefined,
  contentType: undefined,
  size: undefined,
  writeId: `racer-${id}`,
  signal: undefined,
}

/** Whether this process was the one that created the key. */
async function create(name: string): Promise<boolean> {
  try {
    await storage.write(parseKey(name), new Uint8Array(2000).fill(Number(id)), { ...WRITE, ifAbsent: true })
    return true
  } catch (error) {
    if (isResultError(error) && error.code === 'ALREADY_EXISTS') return false
    throw error
  }
}

/** Adds one to the number at the key. */
async function increment(name: string): Promise<void> {
  for (;;) {
    const object = await storage.read(parseKey(name), {
      range: undefined,
      ifMatch: undefined,
      ifNoneMatch: undefined,
      maxBytes: undefined,
      signal: undefined,
    })
    const next = Number(new TextDecoder().decode(await object?.bytes())) + 1
    const padded = new TextEncoder().encode(String(next).padStart(1200))
    try {
      await storage.write(parseKey(name), padded, { ...WRITE, ifMatch: object?.stat.etag })
      return
    } catch (error) {
      if (!isResultError(error) || error.code !== 'PRECONDITION_FAILED') throw error
    }
  }
}

process.on('message', async (message: { readonly do: 'create' | 'increment'; readonly key: string }) => {
  if (message.do === 'create') process.send?.(await create(message.key))
  else {
    for (let i = 0; i < 10; i++) await increment(message.key)
    process.send?.('done')
  }
})
process.send?.('ready')
