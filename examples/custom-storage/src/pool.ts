import { type Connection, connect, prepareFile, sweep, turn } from './database.ts'
import { type Call, checkSignal, failure, guard } from './failure.ts'

const IDLE_READERS = 4

export interface PoolOptions {
  /** Absolute. */
  readonly file: string
  readonly busyTimeoutMs: number
  readonly leftoverAgeMs: number
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number
}

/** The connections of one storage, opened at first use. */
export interface Pool extends PoolOptions {
  /** The connection for whatever is over before anything else runs. Checks the signal before and after. */
  main(call: Call): Promise<Connection>
  /** A connection with a read transaction of its own: it sees one state of the file until it is given back. */
  takeReader(call: Call): Connection
  giveReader(reader: Connection): void
}

/** Makes a pool; no I/O yet. */
export function createPool(options: PoolOptions): Pool {
  const { file, busyTimeoutMs, leftoverAgeMs, now } = options
  const idle: Connection[] = []
  let opening: Promise<Connection> | undefined

  const open = async (call: Call): Promise<Connection> => {
    const main = guard(call, () => connect(file, busyTimeoutMs))
    const problem = guard(call, () => prepareFile(main))
    if (problem !== undefined) throw failure(call, 'CONFIG', `the file cannot be used: ${problem}. Name another file`)
    await sweep(main, now() - leftoverAgeMs)
    return main
  }
  return {
    ...options,
    async main(call) {
      checkSignal(call)
      opening ??= open(call).catch((error) => {
        opening = undefined
        throw error
      })
      const main = await opening
      // Without it a loop of reads would keep timers, sockets and every longer operation from running.
      await turn()
      checkSignal(call)
      return main
    },
    takeReader(call) {
      return guard(call, () => {
        const reader = idle.pop() ?? connect(file, busyTimeoutMs)
        reader.database.exec('BEGIN')
        return reader
      })
    },
    giveReader(reader) {
      if (reader.database.isTransaction) reader.database.exec('ROLLBACK')
      if (idle.length < IDLE_READERS) idle.push(reader)
      else reader.database.close()
    },
  }
}
