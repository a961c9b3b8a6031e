import { z } from 'zod'

/** A film as the data set has it: with titles that are numbers, missing sums, and release dates in the future. */
export type RawMovie = Readonly<Record<string, string | number | null>>

/** A film that can be counted. */
export const Movie = z.object({
  title: z.string().min(1),
  genre: z.string().min(1),
  year: z.number().int().min(1900).max(2012),
  budget: z.number().positive(),
  gross: z.number().nonnegative(),
  rating: z.number().min(0).max(10).nullable(),
})
export type Movie = z.infer<typeof Movie>

/** What cleaning made of the raw rows. */
export const Cleaned = z.object({
  movies: z.array(Movie),
  dropped: z.record(z.string(), z.number()),
})
export type Cleaned = z.infer<typeof Cleaned>

/** One genre in figures; sums in US dollars. */
export const GenreReport = z.object({
  genre: z.string(),
  films: z.number().int(),
  gross: z.number(),
  returnOnBudget: z.number(),
  meanRating: z.number().nullable(),
  best: z.string(),
})
export type GenreReport = z.infer<typeof GenreReport>

/** The films behind a url. */
export async function fetchMovies(url: string, signal: AbortSignal): Promise<readonly RawMovie[]> {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new Error(`the source answered ${response.status}`)
  return (await response.json()) as readonly RawMovie[]
}

/** Keeps the rows that pass the schema and counts why the others do not. */
export async function cleanMovies(rows: AsyncIterable<RawMovie>): Promise<Cleaned> {
  const movies: Movie[] = []
  const dropped: Record<string, number> = {}
  for await (const row of rows) {
    const parsed = Movie.safeParse(toMovie(row))
    const field = String(parsed.error?.issues[0]?.path[0])
    if (parsed.success) movies.push(parsed.data)
    else dropped[field] = (dropped[field] ?? 0) + 1
  }
  return { movies, dropped }
}

function toMovie(row: RawMovie): Record<keyof Movie, unknown> {
  return {
    title: row['Title'] === null ? null : String(row['Title']),
    genre: row['Major Genre'],
    year: Number(String(row['Release Date']).slice(-4)),
    budget: row['Production Budget'],
    gross: row['Worldwide Gross'],
    rating: row['IMDB Rating'],
  }
}

/** The genres that occur, the most frequent first. */
export function genresOf({ movies }: Cleaned): readonly string[] {
  const counts = Map.groupBy(movies, ({ genre }) => genre)
  return [...counts.keys()].sort(
    (a, b) => (counts.get(b)?.length ?? 0) - (counts.get(a)?.length ?? 0) || a.localeCompare(b),
  )
}

/** One genre in figures. */
export function reportGenre(genre: string, films: readonly Movie[]): GenreReport {
  const ratings = films.flatMap(({ rating }) => (rating === null ? [] : [rating]))
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
  const gross = sum(films.map((film) => film.gross))
  const best = films.toSorted((a, b) => (b.rating ?? 0) - (a.rating ?? 0))[0]
  return {
    genre,
    films: films.length,
    gross,
    returnOnBudget: Number((gross / sum(films.map(({ budget }) => budget))).toFixed(2)),
    meanRating: ratings.length === 0 ? null : Number((sum(ratings) / ratings.length).toFixed(2)),
    best: best?.title ?? '',
  }
}
