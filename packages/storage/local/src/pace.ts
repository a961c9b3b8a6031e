/** For how long synchronous calls may keep the event loop from other work. */
const TURN_MS = 5

/**
 * Gives a function to call before each piece of synchronous work. It returns a promise to wait for when the event loop
 * has had no turn for too long: a loop that awaits nothing but synchronous work would stop timers, signals and the
 * thread pool's answers for good.
 */
export function openPace(): () => Promise<void> | undefined {
  let turnStarted: number | undefined
  return () => {
    const now = performance.now()
    if (turnStarted === undefined) {
      turnStarted = now
      setImmediate(() => {
        turnStarted = undefined
      })
      return undefined
    }
    return now - turnStarted < TURN_MS ? undefined : new Promise((resolve) => setImmediate(resolve))
  }
}
