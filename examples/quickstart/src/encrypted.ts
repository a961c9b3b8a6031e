/** The same pipeline, encrypted; then everything that was stored, and every event that left, is searched for what it was given. */
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { zstd } from '@resultkit/compress'
import { createResultStore } from '@resultkit/core'
import { encrypt, generateKey, keyring } from '@resultkit/encrypt'
import { fileStorage } from '@resultkit/local'
import { memorySink } from '@resultkit/tasks'
import { DATASET, type Outcome, pipeline } from './pipeline.ts'
import { serveMovies } from './source.ts'

/** Words of the data, which stand in every unencrypted result. */
const SECRETS = ['The Godfather', 'Horror', 'Documentary', 'returnOnBudget', 'Production Budget', 'meanRating']

interface Search {
  readonly bytes: number
  readonly files: number
  readonly found: readonly string[]
}

/** Which of the words stand in clear in any file below the directory. */
function grep(directory: string, words: readonly string[]): Search {
  const files = globSync('**', { cwd: directory, withFileTypes: true }).filter((entry) => entry.isFile())
  const contents = files.map((file) => readFileSync(join(file.parentPath, file.name)))
  return {
    files: files.length,
    bytes: contents.reduce((sum, { byteLength }) => sum + byteLength, 0),
    found: words.filter((word) => contents.some((content) => content.includes(word))),
  }
}

interface Run {
  readonly outcome: Outcome
  /** Everything that left for the sink, as JSON. */
  readonly events: string
  /** The reference of the flow's last task, as it would travel through a queue. */
  readonly reference: string
}

async function run(directory: string, encryption: object): Promise<Run> {
  const store = {
    storages: { local: fileStorage({ directory }) },
    defaults: { serializer: 'json' },
    ...encryption,
  }
  const source = await serveMovies()
  const sink = memorySink()
  try {
    const outcome = await pipeline.with({ store, sink })({ dataset: DATASET, url: source.url })
    const last = sink.states().findLast(({ name, state }) => name === 'report' && state === 'Completed')
    return { outcome, events: JSON.stringify(sink.states()), reference: String(JSON.stringify(last?.result)) }
  } finally {
    await source.close()
  }
}

function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new Error(`This does not hold: ${what}.`)
  console.log(`  ${what}`)
}

async function main(directory: string): Promise<void> {
  const keys = keyring({ primary: generateKey() })
  const encryption = { codecs: [zstd(), encrypt({ keyring: keys })], keyring: keys, seal: true }
  const clear = await run(join(directory, 'clear'), {})
  const encrypted = await run(join(directory, 'encrypted'), encryption)
  const before = grep(join(directory, 'clear'), SECRETS)
  const after = grep(join(directory, 'encrypted'), SECRETS)

  console.log(`unencrypted: ${before.files} files, ${before.bytes} bytes; in clear: ${before.found.join(', ')}`)
  console.log(
    `encrypted:   ${after.files} files, ${after.bytes} bytes; in clear: ${after.found.join(', ') || 'nothing'}\n`,
  )
  expectThat(before.found.length === SECRETS.length, 'without encryption, every word is found: the search works')
  expectThat(after.found.length === 0, 'with encryption, no stored byte shows any of them')
  expectThat(encrypted.reference.startsWith('"sealed:'), 'the references that left are sealed')
  const inside = ['report.json', '"local"', 'sha256', 'zstd']
  expectThat(
    !inside.some((word) => encrypted.reference.includes(word)),
    'a sealed reference shows neither storage, key nor size',
  )
  expectThat(!SECRETS.some((word) => encrypted.events.includes(word)), 'no event shows any of the words')
  expectThat(
    JSON.stringify(encrypted.outcome) === JSON.stringify(clear.outcome),
    'the results are the same as without encryption',
  )
  const elsewhere = createResultStore({
    storages: { local: fileStorage({ directory: join(directory, 'encrypted') }) },
    ...encryption,
  })
  const report = await elsewhere.get(JSON.parse(encrypted.reference) as string)
  expectThat(
    JSON.stringify(report) === JSON.stringify(encrypted.outcome.report),
    'who has the keyring opens the sealed reference from configuration alone',
  )
  const stranger = keyring({ primary: generateKey() })
  const closed = createResultStore({
    storages: { local: fileStorage({ directory: join(directory, 'encrypted') }) },
    codecs: [zstd(), encrypt({ keyring: stranger })],
    keyring: stranger,
  })
  const refused: unknown = await closed.get(JSON.parse(encrypted.reference) as string).catch((error: unknown) => error)
  expectThat((refused as { code?: string }).code === 'DECRYPT', 'who has another gets DECRYPT, and no reason')
  console.log(
    '\nStill visible: the names of objects, how many there are, how large they are, and when they were written.',
  )
}

const { values } = parseArgs({ options: { directory: { type: 'string' } } })
const directory = values.directory ?? (await mkdtemp(join(tmpdir(), 'resultkit-encrypted-')))
try {
  await main(directory)
} finally {
  if (values.directory === undefined) await rm(directory, { recursive: true })
}
