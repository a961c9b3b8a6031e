import { parseArgs } from 'node:util'
import { isResultError } from '@resultkit/core'
import { fileStorage } from '@resultkit/local'
import { consoleSink, memorySink } from '@resultkit/tasks'
import { DATASET, pipeline } from './pipeline.ts'
import { printReport } from './report.ts'
import { serveMovies } from './source.ts'

const DEFAULT_DIRECTORY = '.resultkit/results'

const USAGE = `Usage: npm start -- [--directory DIR] [--fresh]
  --directory DIR   where results go (default: ${DEFAULT_DIRECTORY})
  --fresh           compute everything again`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { directory: { type: 'string' }, fresh: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) return console.log(USAGE)
  const directory = values.directory ?? DEFAULT_DIRECTORY
  const storage = fileStorage({ directory })
  const source = await serveMovies()
  const sink = memorySink()
  const run = pipeline.with({
    store: { storages: { local: storage }, defaults: { serializer: 'json' } },
    sink: process.stderr.isTTY ? [sink, consoleSink()] : sink,
    defaults: { refresh: values.fresh },
  })
  try {
    const { cleaned, report: genres } = await run({ dataset: DATASET, url: source.url })
    const again = directory === DEFAULT_DIRECTORY ? 'npm start' : `npm start -- --directory ${directory}`
    printReport({ directory, again, dataset: DATASET, events: sink.states(), cleaned, genres })
  } finally {
    await source.close()
  }
}

try {
  await main()
} catch (error) {
  const known = isResultError(error) || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  if (!known) throw error
  console.error(`quickstart: ${(error as Error).message}${isResultError(error) ? ` (${error.code})` : `\n${USAGE}`}`)
  process.exitCode = 1
}
