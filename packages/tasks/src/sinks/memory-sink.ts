import type { LogEvent, RunEvent, StateEvent } from '../state-types.ts'
import type { StateSink } from './state-sink.ts'

/** A sink that keeps what it is given, for tests and small programs. */
export interface MemorySink extends StateSink {
  readonly events: readonly RunEvent[]
  /** The states, of one name if given: `['Pending', 'Running', 'Completed']`. */
  states(name?: string): readonly StateEvent[]
  /** The log lines. */
  logs(): readonly LogEvent[]
  /** Forgets everything. */
  clear(): void
}

/** Makes a sink that keeps every event in this process's memory, without a limit. */
export function memorySink(): MemorySink {
  const events: RunEvent[] = []
  return {
    events,
    publish: (event) => {
      events.push(event)
    },
    flush: async () => {},
    states: (name) =>
      events.filter((event) => event.kind === 'state').filter((event) => name === undefined || event.name === name),
    logs: () => events.filter((event) => event.kind === 'log'),
    clear: () => {
      events.length = 0
    },
  }
}
