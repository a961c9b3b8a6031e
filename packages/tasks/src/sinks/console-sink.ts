import type { RunEvent, StateEvent, StateType } from '../state-types.ts'
import type { StateSink } from './state-sink.ts'

/** Where {@link consoleSink} writes: `process.stderr`, or anything like it. */
export interface ConsoleTarget {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  write(text: string): unknown
}

/** Options of {@link consoleSink}. */
export interface ConsoleSinkOptions {
  /** @default process.stderr */
  readonly to?: ConsoleTarget | undefined
  /** Whether there is a line at the bottom that shows what goes on. @default whether it is a terminal */
  readonly live?: boolean | undefined
}

const SIGNS: Readonly<Record<StateType, string>> = {
  Pending: ' ',
  Queued: '~',
  Running: '>',
  Retrying: '!',
  Completed: '+',
  Cached: '=',
  ValidationFailed: 'x',
  Failed: 'x',
  Cancelled: '-',
}

/**
 * A sink for people: a line for each run that ends or is retried and for each log line; on a terminal also a line at the bottom with
 * what goes on and how much is done. Plain text elsewhere, such as in a CI log.
 */
export function consoleSink({ to = process.stderr, live = to.isTTY === true }: ConsoleSinkOptions = {}): StateSink {
  const going = new Map<string, string>()
  const started = new Map<string, number>()
  let done = 0
  let shown = false

  const erase = (): void => {
    if (shown) to.write('\r\x1b[2K')
    shown = false
  }
  const progress = (): void => {
    if (!live || going.size === 0) return
    const text = `${done} done, ${going.size} going on: ${[...new Set(going.values())].join(', ')}`
    to.write(text.slice(0, (to.columns ?? 80) - 1))
    shown = true
  }
  const print = (line: string): void => {
    erase()
    to.write(`${line}\n`)
  }

  const take = (event: StateEvent): void => {
    const { runId, state, at, name } = event
    if (state === 'Pending') started.set(runId, at)
    if (isOpen(state)) going.set(runId, state === 'Queued' ? `${name} (queued)` : name)
    else {
      going.delete(runId)
      done += 1
    }
    if (!isOpen(state) || state === 'Retrying') print(lineOf(event, at - (started.get(runId) ?? at)))
    if (!isOpen(state)) started.delete(runId)
  }

  return {
    publish(event: RunEvent): void {
      if (event.kind === 'log') print(`  ${event.name}: ${oneLine(event.message)}`)
      else take(event)
      erase()
      progress()
    },
    flush: async () => {
      if (going.size === 0) erase()
    },
  }
}

function isOpen(state: StateType): boolean {
  return state === 'Pending' || state === 'Queued' || state === 'Running' || state === 'Retrying'
}

function lineOf(event: StateEvent, ms: number): string {
  const { name, index, state, reason, message, attempt } = event
  const label = index === undefined ? name : `${name}[${index}]`
  const again = attempt > 1 ? `, attempt ${attempt}` : ''
  const why = message === undefined ? reason : `${reason}: ${oneLine(message)}`
  return `${SIGNS[state]} ${label.padEnd(24)} ${state.padEnd(10)} ${formatMs(ms).padStart(8)}  ${why}${again}`
}

/** Text of others must not move the cursor. */
function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, 300)
}

function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
