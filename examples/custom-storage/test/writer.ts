import { setTimeout } from 'node:timers/promises'
import { parseKey, releaseObject } from '@resultkit/core'
import { sqliteStorage } from '../src/sqlite-storage.ts'

const MIB = 1024 * 1024
const [mode = '', file = '', name = ''] = process.argv.slice(2)
const storage = sqliteStorage({ file })
const key = parseKey('shared/key')
const options = { ifMatch: undefined, contentType: undefined, size: undefined, writeId: name, signal: undefined }
const reading = { range: undefined, ifMatch: undefined, ifNoneMatch: undefined, maxBytes: undefined, signal: undefined }

/** Modes of the child processes in storage.test.ts; each prints one line when there is something to say. */
const modes: Record<string, () => Promise<void>> = {
  async race() {
    const outcome = storage.write(key, new TextEncoder().encode(name), { ...options, ifAbsent: true })
    console.log(await outcome.then(() => 'won').catch((error: { code: string }) => error.code))
  },

  async many() {
    const names = Array.from({ length: 300 }, (_, index) => parseKey(`${name}/${index}`))
    for (const each of names) await storage.write(each, new Uint8Array(1000), { ...options, ifAbsent: true })
    console.log('wrote all')
  },

  async stall() {
    await storage.write(key, stalling, { ...options, ifAbsent: false })
  },

  async large() {
    const bytes = new Uint8Array(MIB)
    await storage.write(key, pieces(256, bytes), { ...options, ifAbsent: false })
    const object = await storage.read(key, reading)
    let size = 0
    for await (const piece of object?.stream() ?? []) size += piece.byteLength
    await releaseObject(await storage.read(key, reading))
    console.log(JSON.stringify({ size, maxRssBytes: process.resourceUsage().maxRSS * 1024 }))
  },
}

function pieces(count: number, piece: Uint8Array): () => AsyncGenerator<Uint8Array> {
  return async function* () {
    for (let index = 0; index < count; index++) yield piece
  }
}

async function* stalling(): AsyncGenerator<Uint8Array> {
  yield* pieces(3, new Uint8Array(MIB))()
  console.log('stalled')
  await setTimeout(60_000)
}

await modes[mode]?.()
