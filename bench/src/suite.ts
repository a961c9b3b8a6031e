import type { Options } from './options.ts'
import type { Target } from './targets.ts'

/** What a suite is run with. */
export interface Context {
  readonly options: Options
  /** Empty, its own, and removed afterwards. */
  readonly directory: string
  /** Prints, at once. */
  print(text: string): void
}

/** What a suite has found out. */
export interface Report {
  readonly targets: readonly Target[]
  /** Everything measured, as JSON. */
  readonly figures: unknown
}

/** One part of the benchmark: it prints its tables and reports its targets. */
export interface Suite {
  readonly name: string
  /** What is measured and in which units, in a line. */
  readonly legend: string
  run(context: Context): Promise<Report>
}
