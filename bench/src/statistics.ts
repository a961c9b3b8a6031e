/** A median with the quartiles around it. */
export interface Summary {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** Median and quartiles, interpolated between neighbours. */
export function summarise(samples: readonly number[]): Summary {
  const sorted = [...samples].sort((a, b) => a - b)
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) }
}

/** Ratios of samples that were taken in the same rounds: what slows a whole round down cancels out. */
export function ratios(samples: readonly number[], base: readonly number[]): Summary {
  return summarise(samples.map((sample, round) => sample / (base[round] ?? Number.NaN)))
}

/** Differences of samples that were taken in the same rounds. */
export function differences(samples: readonly number[], base: readonly number[]): Summary {
  return summarise(samples.map((sample, round) => sample - (base[round] ?? Number.NaN)))
}

function quantile(sorted: readonly number[], at: number): number {
  const position = (sorted.length - 1) * at
  const below = sorted[Math.floor(position)] ?? Number.NaN
  const above = sorted[Math.ceil(position)] ?? Number.NaN
  return below + (above - below) * (position - Math.floor(position))
}
