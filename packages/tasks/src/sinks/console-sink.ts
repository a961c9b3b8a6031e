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
  const board = makeBoard()
  let shown = false

  const erase = (): void => {
    if (shown) to.write('\r\x1b[2K')
    shown = false
  }
  return {
    publish(event: RunEvent): void {
      const line = event.kind === 'log' ? `  ${oneLine(event.name)}: ${oneLine(event.message)}` : board.take(event)
      erase()
      if (line !== undefined) to.write(`${line}\n`)
      const progress = live ? board.progress() : undefined
      if (progress === undefined) return
      // Without wrapping, however wide the signs: only the line where the cursor is can be erased.
      to.write(`\x1b[?7l${progress.slice(0, Math.max(to.columns || 80, 20) - 1)}\x1b[?7h`)
      shown = true
    },
    flush: async () => {
      if (board.progress() === undefined) erase()
    },
  }
}

/** What goes on. */
interface Board {
  /** The line that a state is worth, if any. */
  take(event: StateEvent): string | undefined
  progress(): string | undefined
}

function makeBoard(): Board {
  const going = new Map<string, { readonly label: string; readonly since: number }>()
  let done = 0
  return {
    take(event) {
      const { runId, state, at } = event
      const name = oneLine(event.name)
      const since = going.get(runId)?.since ?? at
      if (isOpen(state)) going.set(runId, { label: state === 'Queued' ? `${name} (queued)` : name, since })
      else {
        going.delete(runId)
        done += 1
      }
      return isOpen(state) && state !== 'Retrying' ? undefined : lineOf(event, at - since)
    },
    progress() {
      const labels = new Set(Array.from(going.values(), ({ label }) => label))
      return going.size === 0 ? undefined : `${done} done, ${going.size} going on: ${[...labels].join(', ')}`
    },
  }
}

function isOpen(state: StateType): boolean {
  return state === 'Pending' || state === 'Queued' || state === 'Running' || state === 'Retrying'
}

function lineOf(event: StateEvent, ms: number): string {
  const { index, state, reason, message, attempt } = event
  const name = oneLine(event.name)
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
