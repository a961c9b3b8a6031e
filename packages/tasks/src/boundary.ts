import { isResultError } from '@resultkit/core'
import { taskError } from './failure.ts'
import type { StateSink } from './sinks/state-sink.ts'
import type { LogEvent, RunEvent } from './state-types.ts'
import type { RedactKind } from './task-options.ts'

/** The one way out: everything that leaves goes through here, and is recorded where somebody wants to audit it. */
export interface Boundary {
  /** Whether log lines leave. */
  readonly logs: boolean
  /** The text that may leave. */
  redact(text: string, kind: RedactKind): string
  publish(event: RunEvent, audit: RunEvent[] | undefined): void
  flush(): Promise<void>
}

/** Makes the boundary around sinks; without sinks there is none, and no event is ever built. */
export function makeBoundary(
  sinks: readonly StateSink[],
  redact: ((text: string, kind: RedactKind) => string) | undefined,
): Boundary | undefined {
  if (sinks.length === 0) return undefined
  // Which were waited for once in vain.
  const hanging = new WeakSet<StateSink>()
  const reportOnce = onceEach()
  const report = (sink: StateSink, error: unknown): void => reportOnce(sink, 'A state sink', error)
  return {
    logs: process.env['RESULTKIT_LOGS'] !== 'off',
    redact(text, kind) {
      if (redact === undefined) return text
      try {
        return String(redact(text, kind))
      } catch (error) {
        reportOnce(redact, 'redact', error)
        return '[not shown: redact threw]'
      }
    },
    publish(event, audit) {
      audit?.push(event)
      for (const sink of sinks) {
        try {
          const given: unknown = sink.publish(event)
          // An async function fits the interface as well.
          if (given instanceof Promise) given.catch((error: unknown) => report(sink, error))
        } catch (error) {
          report(sink, error)
        }
      }
    },
    async flush() {
      for (const sink of sinks) {
        try {
          // A sink of a caller without types may have none, having nothing to wait for.
          const flushed: Promise<void> | undefined = (sink as Partial<StateSink>).flush?.()
          if (flushed === undefined) continue
          if (hanging.has(sink)) flushed.catch(() => {})
          else await withinFlushTime(flushed)
        } catch (error) {
          if (isLate(error)) hanging.add(sink)
          report(sink, error)
        }
      }
    },
  }
}

const FLUSH_MS = 10_000

function isLate(error: unknown): boolean {
  return isResultError(error) && error.code === 'TIMEOUT' && error.operation === 'flush'
}

/** A sink that hangs is no reason for a run never to end. */
async function withinFlushTime(flushing: Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const message = `The flush of a state sink took longer than ${FLUSH_MS} ms.`
  const timer = setTimeout(() => reject(taskError('TIMEOUT', 'flush', message)), FLUSH_MS)
  try {
    await Promise.race([flushing, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Says of each culprit once that it threw. */
function onceEach(): (culprit: object, what: string, error: unknown) => void {
  const reported = new WeakSet<object>()
  return (culprit, what, error) => {
    if (reported.has(culprit)) return
    reported.add(culprit)
    const name = isResultError(error) ? error.code : error instanceof Error ? error.name : typeof error
    warn('RESULTKIT_SINK', `${what} threw (${name}); runs go on, and this is said once.`)
  }
}

/** A line in the log. */
export function logEvent(boundary: Boundary, about: Omit<LogEvent, 'kind' | 'message'>, message: string): LogEvent {
  return { kind: 'log', ...about, message: boundary.redact(message, 'log') }
}

/** A process warning, for what is no error but should be known. */
export function warn(code: string, message: string): void {
  process.emitWarning(message, { type: 'ResultkitWarning', code })
}
