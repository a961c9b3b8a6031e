import type { RunEvent } from '../state-types.ts'

/**
 * Where states go: a list, a file, a terminal, a service. What a third party implements; make it an object literal.
 *
 * It is promised: events of one run come in their order; a state with a reference comes after the value is stored; events hold
 * no values; the object is frozen neither now nor later, and not changed after it was given.
 * A sink that throws or rejects is reported once by a process warning, and runs go on.
 */
export interface StateSink {
  /** Takes an event, at once; what takes time is done behind it. */
  publish(event: RunEvent): void
  /** Resolves when everything published so far has arrived. An outermost run ends after it, or after 10 seconds. */
  flush(): Promise<void>
}
