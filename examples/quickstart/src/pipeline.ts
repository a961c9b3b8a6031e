import { flow, map } from '@resultkit/tasks'
import { type Cleaned, type GenreReport, genresOf } from './movies.ts'
import { aggregate, clean, load, report, trustRaw } from './tasks.ts'

/** The name of the data set, which results are stored under. */
export const DATASET = 'movies'

/** What a run of the pipeline gives. */
export interface Outcome {
  readonly cleaned: Cleaned
  readonly report: readonly GenreReport[]
}

/** Loads, cleans, aggregates and reports; what has been done before is taken from the storage. */
export const pipeline = flow(
  'pipeline',
  async ({ dataset, url }: { dataset: string; url: string }): Promise<Outcome> => {
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
  },
)
