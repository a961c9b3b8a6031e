import type { StateEvent } from '@resultkit/tasks'
import type { Cleaned, GenreReport } from './movies.ts'
import { formatBytes, table } from './table.ts'

/** What a run has to tell. */
export interface Findings {
  readonly directory: string
  /** The command that runs it once more. */
  readonly again: string
  readonly dataset: string
  readonly events: readonly StateEvent[]
  readonly cleaned: Cleaned
  readonly genres: readonly GenreReport[]
}

/** Prints what ran, what was found, and why. */
export function printReport({ directory, again, dataset, events, cleaned, genres }: Findings): void {
  const tasks = events.filter(({ run }) => run === 'task')
  const ends = tasks.filter(({ state }) => ['Completed', 'Cached', 'ValidationFailed', 'Failed'].includes(state))
  console.log(`Results in ${directory}\n`)
  console.log(
    table(
      ['step', 'state', 'why', 'stored at', 'payload', 'sha256'],
      ends.map((end) => rowOf(end, tasks)),
    ),
  )
  const dropped = Object.entries(cleaned.dropped).map(([field, count]) => `${field} ${count}`)
  console.log(`\nCleaning kept ${cleaned.movies.length} films and dropped rows for a bad ${dropped.join(', ')}.\n`)
  const figures = genres.map(({ genre, films, gross, returnOnBudget, meanRating, best }) => [
    genre,
    films,
    Math.round(gross / 1e6),
    returnOnBudget,
    meanRating ?? '-',
    best,
  ])
  console.log(table(['genre', 'films', 'gross, M$', 'per $ of budget', 'rating', 'best rated'], figures))
  const count = (state: string): number => ends.filter((end) => end.state === state).length
  console.log(
    `\n${ends.length} steps: ${count('Cached')} taken from storage, ${count('Completed')} computed, ${count('ValidationFailed')} refused by its validators.`,
  )
  console.log('\nNext, try:')
  console.log(`  ${again.padEnd(23)}  # again: what was computed is taken from storage, and the table says why`)
  console.log(`  head -c 300 ${directory}/${dataset}/raw.ndjson    # a target is a plain file`)
}

/** A step in a line: for one that ran, why it had to, and how often it was tried. */
function rowOf(end: StateEvent, tasks: readonly StateEvent[]): readonly string[] {
  const own = tasks.filter(({ runId }) => runId === end.runId)
  const running = own.find(({ state }) => state === 'Running')
  const failures = own.filter(({ state }) => state === 'Retrying').map(({ message }) => message)
  const why = end.state === 'Cached' ? `${end.reason}: ${end.message}` : (running?.message ?? running?.reason ?? '')
  const retried = failures.length === 0 ? '' : `; attempt ${end.attempt} after "${failures.join('", "')}"`
  const refused = end.state === 'ValidationFailed' ? `; ${end.reason}, nothing stored` : ''
  const name = end.index === undefined ? end.name : `${end.name}[${end.index}]`
  return [name, end.state, `${why}${retried}${refused}`, ...placeOf(end)]
}

function placeOf({ result }: StateEvent): readonly [key: string, size: string, sha256: string] {
  if (typeof result !== 'object' || result.type !== 'reference') return ['', '', '']
  return [
    result.key.replace(/[0-9a-f]{40,}/, (hash) => `${hash.slice(0, 12)}…`),
    formatBytes(result.size),
    result.sha256.slice(0, 12),
  ]
}
