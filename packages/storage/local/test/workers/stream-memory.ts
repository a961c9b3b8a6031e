import fs from 'node:fs'
import { KINDS, type Kind } from '../stream-kit.ts'

const MIB = 1024 * 1024
const WARM_UP = 512
const ITEMS = 4096
/** How many items go through between two looks at the memory. */
const EVERY = 64

const [directory = '', kind = ''] = process.argv.slice(2)
const { open, item } = KINDS[kind as Kind]
const result = open({ directory })
const temporaries = `${directory}/.resultkit/tmp`

let most = 0
let mostAhead = 0

function collect(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  most = 0
  return process.memoryUsage.rss()
}

function look(): void {
  most = Math.max(most, process.memoryUsage.rss())
}

function onDisk(): number {
  const files = fs.existsSync(temporaries) ? fs.readdirSync(temporaries) : []
  return files.reduce((sum, name) => sum + fs.statSync(`${temporaries}/${name}`).size, 0)
}

async function* source(count: number): AsyncGenerator<unknown> {
  for (let i = 0; i < count; i++) {
    if (i % EVERY === 0) {
      look()
      mostAhead = Math.max(mostAhead, i * 65_500 - onDisk())
    }
    yield item(i)
  }
}

async function readAll(): Promise<number> {
  let count = 0
  for await (const _ of await result.read('stream')) if (count++ % EVERY === 0) look()
  return count
}

await result.write(() => source(WARM_UP), 'stream')
await readAll()
const beforeWrite = collect()
mostAhead = 0
const reference = await result.write(() => source(ITEMS), 'stream')
const writing = (most - beforeWrite) / MIB
const beforeRead = collect()
const count = await readAll()
const reading = (most - beforeRead) / MIB
const sizes = { size: reference.size / MIB, count, ahead: mostAhead / MIB }
process.stdout.write(JSON.stringify({ ...sizes, writing, reading }))
