/** What timers hold at most; they fire at once for more. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1

/** Calls a function after so many milliseconds, however many. Gives what prevents it. */
export function after(ms: number, fn: () => void): () => void {
  let timer: NodeJS.Timeout
  const wait = (left: number): void => {
    timer = left > MAX_TIMER_MS ? setTimeout(wait, MAX_TIMER_MS, left - MAX_TIMER_MS) : setTimeout(fn, left)
  }
  wait(ms)
  return () => clearTimeout(timer)
}
