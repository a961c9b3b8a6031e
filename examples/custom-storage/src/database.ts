import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'

/** Payloads are cut into rows of this many bytes; the last one may be shorter. Part of the file's format. */
export const CHUNK_BYTES = 256 * 1024
/** How many chunks one transaction deletes at most, so that nobody waits long for the write lock. */
export const SWEEP_CHUNKS = 64

const VERSION = 1
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS object (
    key TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    content_type TEXT,
    write_id TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS chunk (
    version TEXT NOT NULL,
    position INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (version, position)
  ) STRICT;
  -- Versions that no object has: touched is when the last chunk came, NULL when they wait to be deleted.
  CREATE TABLE IF NOT EXISTS draft (version TEXT PRIMARY KEY, touched INTEGER) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${VERSION};
`

/** A connection that prepares each statement once. */
export interface Connection {
  readonly database: DatabaseSync
  one<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined
  all<Row>(sql: string, ...values: SQLInputValue[]): readonly Row[]
  /** The number of rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number
}

/** Opens the file. The synchronous wait for the write lock, `busyTimeoutMs`, blocks the event loop. */
export function connect(file: string, busyTimeoutMs: number): Connection {
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs })
  const prepared = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    const statement = prepared.get(sql) ?? database.prepare(sql)
    prepared.set(sql, statement)
    return statement
  }
  return {
    database,
    one: <Row>(sql: string, ...values: SQLInputValue[]) => prepare(sql).get(...values) as unknown as Row | undefined,
    all: <Row>(sql: string, ...values: SQLInputValue[]) => prepare(sql).all(...values) as unknown as readonly Row[],
    run: (sql, ...values) => Number(prepare(sql).run(...values).changes),
  }
}

/**
 * Creates the tables, in WAL mode: readers keep their version and do not wait for the writer. The answer is what is
 * wrong with the file, if anything.
 */
export function prepareFile(connection: Connection): string | undefined {
  const version = connection.one<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0
  if (version !== 0 && version !== VERSION) return 'it belongs to another program or a newer version'
  const mode = connection.one<{ journal_mode: string }>('PRAGMA journal_mode = WAL')?.journal_mode
  if (mode !== 'wal') return 'its file system cannot share memory, which WAL mode needs'
  connection.database.exec('PRAGMA synchronous = NORMAL')
  if (version === 0) transaction(connection, () => connection.database.exec(SCHEMA))
  return undefined
}

/** Runs `work` as one transaction. It is synchronous: no other work of this process can get in between. */
export function transaction<T>({ database }: Connection, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const outcome = work()
    database.exec('COMMIT')
    return outcome
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** Lets other work of this process run, since SQLite's calls are synchronous. */
export async function turn(): Promise<void> {
  await setImmediate()
}

const STALE = 'SELECT version FROM draft WHERE touched IS NULL OR touched <= ? LIMIT 1'

/**
 * Deletes the chunks of drafts that wait for it, and of those last touched at `before` or earlier: their writers were
 * killed. Best effort: what it leaves is found again.
 */
export async function sweep(connection: Connection, before: number = Number.NEGATIVE_INFINITY): Promise<void> {
  try {
    while (connection.one(STALE, before) !== undefined) {
      transaction(connection, () => sweepSome(connection, before))
      await turn()
    }
  } catch {
    // The write or the open that came here has succeeded, and stays a success.
  }
}

function sweepSome(connection: Connection, before: number): void {
  const draft = connection.one<{ version: string }>(STALE, before)
  if (draft === undefined) return
  const { version } = draft
  // NULL first: a writer that was only slow must find its draft gone, not half of its chunks.
  connection.run('UPDATE draft SET touched = NULL WHERE version = ?', version)
  const some = 'DELETE FROM chunk WHERE rowid IN (SELECT rowid FROM chunk WHERE version = ? LIMIT ?)'
  const deleted = connection.run(some, version, SWEEP_CHUNKS)
  if (deleted < SWEEP_CHUNKS) connection.run('DELETE FROM draft WHERE version = ?', version)
}
