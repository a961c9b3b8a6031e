const EVERY_MS = 10

/** What some work took. */
export interface Peak {
  readonly ms: number
  /** By how much the resident set grew at most, in bytes; seen every 10 ms. */
  readonly growth: number
}

/** Runs work and watches the memory of this process meanwhile. */
export async function withPeak(work: () => Promise<void>): Promise<Peak> {
  globalThis.gc?.()
  globalThis.gc?.()
  const before = process.memoryUsage.rss()
  let peak = before
  const look = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }
  const timer = setInterval(look, EVERY_MS)
  const start = performance.now()
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  const ms = performance.now() - start
  look()
  return { ms, growth: peak - before }
}
