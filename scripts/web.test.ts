import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { ROOT } from './packages.ts'

/** What browsers, workers, Bun and Deno all have, and nothing of Node. */
const WEB = {
  AbortController,
  AbortSignal,
  ReadableStream,
  TextDecoder,
  TextEncoder,
  clearTimeout,
  crypto,
  performance,
  setTimeout,
}

const USE = `
(async () => {
  const { createResultStore, memoryStorage, ndjson, retry, timeout } = core
  const storage = memoryStorage()
  const store = createResultStore({ storages: { main: storage }, layers: [retry(), timeout('1m')] })
  const reference = await store.result('main', { location: 'x/{user}' }).write({ a: [1, 'ü'] }, { user: 'ada' })
  const rows = store.result('main', { location: 'rows', serializer: ndjson() })
  await rows.write(new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); c.close() } }))
  const back = []
  for await (const row of await rows.read()) back.push(row)
  return JSON.stringify({ reference, value: await store.get(JSON.stringify(reference)), back })
})()
`

test('core works where there is no Node', async () => {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'packages/core/src/index.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'core',
    platform: 'browser',
    conditions: ['resultkit:source'],
  })
  const context = createContext({ ...WEB })
  runInContext(`${outputFiles[0]?.text}\nglobalThis.core = core`, context)
  const answer = JSON.parse((await runInContext(USE, context)) as string) as Record<string, unknown>
  expect(answer).toMatchObject({
    value: { a: [1, 'ü'] },
    back: [1, 2],
    reference: { key: 'x/ada', size: 14, sha256: createHash('sha256').update('{"a":[1,"ü"]}').digest('hex') },
  })
})
