import { inputs, source, task } from '@resultkit/tasks'
import { z } from 'zod'
import { Cleaned, cleanMovies, fetchMovies, GenreReport, Movie, type RawMovie, reportGenre } from './movies.ts'

/** Gets the raw rows: a target, so what is there already is not fetched again, and any tool can read the file. */
export const load = task(
  'load',
  async function* ({ url }: { dataset: string; url: string }, { signal }): AsyncGenerator<RawMovie, void, undefined> {
    yield* await fetchMovies(url, signal)
  },
  // The first request fails, as the first request to a busy service does.
  { target: '{dataset}/raw.ndjson', retries: 2, retryDelay: '50ms' },
)

/** Keeps the rows that can be counted. Cached for a day; the rows are a stream, which has no hash, so they are left out. */
export const clean = task(
  'clean',
  async ({ rows }: { dataset: string; rows: AsyncIterable<RawMovie> }) => cleanMovies(rows),
  { cacheKey: [inputs({ exclude: ['rows'] }), source()], cacheFor: '1d', validators: [Cleaned] },
)

/** One genre in figures. Cached by what it is given: other films, and it is computed again. */
export const aggregate = task(
  'aggregate',
  async ({ genre, films }: { genre: string; films: readonly Movie[] }) => reportGenre(genre, films),
  { cacheKey: [inputs(), source()], validators: [GenreReport] },
)

/** All genres, as a file that a person or another tool reads. */
export const report = task(
  'report',
  async ({ genres }: { dataset: string; genres: readonly GenreReport[] }) => genres,
  { target: '{dataset}/report.json', validators: [z.array(GenreReport)] },
)

/** What would happen without cleaning: its validator refuses the raw rows, and nothing of them is stored or passed on. */
export const trustRaw = task(
  'trust raw rows',
  async ({ rows }: { rows: AsyncIterable<RawMovie> }) => (await Array.fromAsync(rows)) as unknown as readonly Movie[],
  { persistResult: true, validators: [z.array(Movie).readonly()] },
)
