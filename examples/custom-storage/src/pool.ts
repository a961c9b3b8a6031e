import { type Connection, connect, prepareFile, sweep } from './database.ts'
import { type Call, failure, guard } from './failure.ts'

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
  /** The connection for whatever is over before anything else runs. */
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
    if (guard(call, () => prepareFile(main)) === 'foreign') {
      throw failure(call, 'CONFIG', 'the file belongs to another program or a newer version. Name another file')
    }
    await sweep(main, now() - leftoverAgeMs)
    return main
  }
  return {
    ...options,
    main(call) {
      opening ??= open(call).catch((error) => {
        opening = undefined
        throw error
      })
      return opening
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
