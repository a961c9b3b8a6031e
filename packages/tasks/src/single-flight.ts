import type { Run } from './run.ts'

/** How a shared execution ended. */
export interface Landing {
  readonly run: Run
  readonly ok: boolean
  readonly thrown: unknown
}

/** Executions that are going on, by what they compute. */
export type Flights = Map<string, Promise<Landing>>

/** Runs the work for everybody who asks for the same meanwhile. The work's own outcome is the caller's. */
export async function lead<R>(flights: Flights, key: string, run: Run, work: () => Promise<R>): Promise<R> {
  const { promise, resolve } = Promise.withResolvers<Landing>()
  flights.set(key, promise)
  run.flight = promise
  let landing: Landing = { run, ok: true, thrown: undefined }
  try {
    return await work()
  } catch (thrown) {
    landing = { run, ok: false, thrown }
    throw thrown
  } finally {
    // First the map, so that nobody joins what has ended.
    flights.delete(key)
    resolve(landing)
  }
}
