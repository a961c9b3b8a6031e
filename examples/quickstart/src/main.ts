import { parseArgs } from 'node:util'
import { isResultError } from '@resultkit/core'
import { fileStorage } from '@resultkit/local'
import { consoleSink, flow, map, memorySink } from '@resultkit/tasks'
import { type Cleaned, genresOf } from './movies.ts'
import { printReport } from './report.ts'
import { serveMovies } from './source.ts'
import { aggregate, clean, load, report, trustRaw } from './tasks.ts'

const USAGE = `Usage: npm start -- [--directory DIR] [--fresh]
  --directory DIR   where results go (default: .resultkit/results)
  --fresh           compute everything again`

const DATASET = 'movies'

/** Loads, cleans, aggregates and reports; what has been done before is taken from the storage. */
const pipeline = flow('pipeline', async ({ dataset, url }: { dataset: string; url: string }) => {
  const rows = load({ dataset, url })
  const cleaned: Cleaned = await clean({ dataset, rows })
  const genres = genresOf(cleaned)
  const figures = map(
    aggregate,
    genres.map((genre) => ({ genre, films: cleaned.movies.filter((movie) => movie.genre === genre) })),
  )
  // It fails, as it should; asking for its state alone is asking without throwing.
  await trustRaw({ rows }).state()
  return { cleaned, report: await report({ dataset, genres: figures }) }
})

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { directory: { type: 'string' }, fresh: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) return console.log(USAGE)
  const directory = values.directory ?? '.resultkit/results'
  const source = await serveMovies()
  const sink = memorySink()
  const run = pipeline.with({
    store: { storages: { local: fileStorage({ directory }) }, defaults: { serializer: 'json' } },
    sink: process.stderr.isTTY ? [sink, consoleSink()] : sink,
    defaults: { refresh: values.fresh },
  })
  try {
    const { cleaned, report: genres } = await run({ dataset: DATASET, url: source.url })
    printReport({ directory, dataset: DATASET, events: sink.states(), cleaned, genres })
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
