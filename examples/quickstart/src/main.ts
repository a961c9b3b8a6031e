import { parseArgs } from 'node:util'
import { isResultError, ndjson, type ResultReference, type } from '@resultkit/core'
import { localResult } from '@resultkit/local'
import { Cleaned, cleanMovies, GenreReport, genresOf, loadMovies, type RawMovie, reportGenre } from './movies.ts'
import { type StepRow, step } from './step.ts'
import { formatBytes, table } from './table.ts'

const USAGE = `Usage: npm start -- [--directory DIR] [--fresh]
  --directory DIR   where results go (default: .resultkit/results)
  --fresh           compute everything again`

/** Loads, cleans and aggregates. Every step's result is kept, and only references go from step to step. */
async function pipeline(directory: string, fresh: boolean): Promise<readonly StepRow[]> {
  const rows: StepRow[] = []
  const run = { dataset: 'movies' }
  const maxAge = fresh ? 0 : undefined
  const raw = localResult({
    directory,
    location: '{dataset}/raw.ndjson',
    format: 'plain',
    serializer: ndjson(),
    validators: [type<RawMovie>()],
  })
  const cleaned = localResult({ directory, location: '{dataset}/cleaned', validators: [Cleaned], cacheFor: '1d' })
  const reports = localResult({
    directory,
    location: '{dataset}/genres/{genre}',
    validators: [GenreReport],
    cacheFor: '1d',
  })

  const clean = await step<Cleaned>('clean', await cleaned.find(run, { maxAge }), async () => {
    const reference = await raw.write(loadMovies(), run)
    rows.push({ step: 'load', outcome: 'computed', why: 'cleaning needs it', reference })
    return cleaned.write(await cleanMovies(await raw.read(reference), progress), run)
  })
  rows.push(clean)

  // A reference is plain JSON: this is what would travel through a queue to the next machine.
  const reference = JSON.parse(JSON.stringify(clean.reference)) as ResultReference<Cleaned>
  const movies = await cleaned.read(reference)
  for (const genre of genresOf(movies)) {
    const place = { ...run, genre }
    const found = await reports.find(place, { maxAge })
    rows.push(await step<GenreReport>(`report ${genre}`, found, () => reports.write(reportGenre(movies, genre), place)))
  }
  return rows
}

function progress(done: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r  cleaned ${done} rows\r`)
}

async function readBack(directory: string, rows: readonly StepRow[]): Promise<readonly GenreReport[]> {
  const reports = localResult({ directory, validators: [GenreReport] })
  const references = rows.filter(({ step }) => step.startsWith('report ')).map(({ reference }) => reference)
  return Promise.all(references.map((reference) => reports.read(reference)))
}

function print(directory: string, rows: readonly StepRow[], reports: readonly GenreReport[], cleaned: Cleaned): void {
  const written = rows.map(({ step, outcome, why, reference }) => [
    step,
    outcome,
    reference.key,
    formatBytes(reference.size),
    reference.sha256.slice(0, 12),
    why,
  ])
  console.log(`Results in ${directory}\n`)
  console.log(table(['step', 'outcome', 'key', 'payload', 'sha256', 'why'], written))
  const dropped = Object.entries(cleaned.dropped).map(([field, count]) => `${field} ${count}`)
  console.log(`\nCleaning kept ${cleaned.movies.length} films and dropped rows for a bad ${dropped.join(', ')}.`)
  console.log('\nRead back by reference, verified:\n')
  const figures = reports.map(({ genre, films, gross, returnOnBudget, meanRating, best }) => [
    genre,
    films,
    Math.round(gross / 1e6),
    returnOnBudget,
    meanRating ?? '-',
    best,
  ])
  console.log(table(['genre', 'films', 'gross, M$', 'per $ of budget', 'rating', 'best rated'], figures))
  const hits = rows.filter(({ outcome }) => outcome === 'hit').length
  console.log(`\n${rows.length} steps: ${hits} taken from storage, ${rows.length - hits} computed.`)
  console.log('\nNext, try:')
  console.log(`  npm start                                          # again: every step is a hit`)
  console.log(`  head -n 1 ${`${directory}/movies/genres/Drama`.padEnd(40)} # a record starts with a line of JSON`)
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { directory: { type: 'string' }, fresh: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) return console.log(USAGE)
  const directory = values.directory ?? '.resultkit/results'
  const rows = await pipeline(directory, values.fresh ?? false)
  const cleaned = localResult({ directory, location: 'movies/cleaned', validators: [Cleaned] })
  print(directory, rows, await readBack(directory, rows), await cleaned.read())
}

try {
  await main()
} catch (error) {
  const known = isResultError(error) || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  if (!known) throw error
  console.error(`quickstart: ${(error as Error).message}${isResultError(error) ? ` (${error.code})` : `\n${USAGE}`}`)
  process.exitCode = 1
}
