import type { RequestKind } from './target.ts'

/** What goes wrong with one request. */
export type FaultAction =
  /** This answer, instead of doing anything; a JSON error unless `body` is given. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly reason?: string
      readonly message?: string
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  /** The connection is reset before anything is done. */
  | { readonly kind: 'reset' }
  /** Reset when this many bytes of the request's body have arrived. */
  | { readonly kind: 'cut-request'; readonly after: number }
  /** Done, and reset when this many bytes of the answer's body have left. */
  | { readonly kind: 'cut-response'; readonly after: number }
  /** Done, and reset instead of answered. */
  | { readonly kind: 'drop-answer' }
  /** Neither done nor answered, ever. */
  | { readonly kind: 'stall' }
  /** Done, and never answered. */
  | { readonly kind: 'swallow' }
  /** The answer's body stops after this many bytes, and the connection stays. */
  | { readonly kind: 'stall-response'; readonly after: number }
  /** Done when the promise is fulfilled. */
  | { readonly kind: 'hold'; readonly until: Promise<unknown> }
  /** Done after a while. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Of a chunk only this many bytes are kept: a multiple of 256 KiB. */
  | { readonly kind: 'persist'; readonly bytes: number }
  /** Done, with other members in the JSON of the answer. */
  | { readonly kind: 'alter'; readonly members: Readonly<Record<string, unknown>> }

/** A fault, and the requests that it strikes. */
export interface Fault {
  /** @default all kinds */
  readonly on?: RequestKind | readonly RequestKind[]
  /** Only requests for this object. @default all */
  readonly name?: string
  /** So many matching requests pass first. @default 0 */
  readonly skip?: number
  /** So many are struck then. @default 1 */
  readonly times?: number
  readonly action: FaultAction
}

/** The faults to come. */
export interface Faults {
  add(fault: Fault): void
  /** Faults that have not struck as often as they should. */
  readonly pending: number
  clear(): void
  /** The action for this request; the first fault that matches and is due. */
  take(kind: RequestKind, name: string): FaultAction | undefined
}

interface Counted {
  readonly fault: Fault
  skip: number
  times: number
}

/** No faults yet. */
export function createFaults(): Faults {
  let faults: Counted[] = []
  return {
    add(fault) {
      faults.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 })
    },
    get pending() {
      return faults.length
    },
    clear() {
      faults = []
    },
    take(kind, name) {
      for (const counted of faults) {
        const { on, name: only } = counted.fault
        const kinds = on === undefined ? [kind] : [on].flat()
        if (!kinds.includes(kind) || (only !== undefined && only !== name)) continue
        if (counted.skip > 0) {
          counted.skip -= 1
          continue
        }
        counted.times -= 1
        if (counted.times === 0) faults = faults.filter((other) => other !== counted)
        return counted.fault.action
      }
      return undefined
    },
  }
}
