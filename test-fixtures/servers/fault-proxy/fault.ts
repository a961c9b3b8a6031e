/** Where the proxy connects to. */
export interface Target {
  readonly host: string
  readonly port: number
}

/** A number of bytes of one direction of an exchange, headers included; a span is decided by the seed. */
export type ByteCount = number | { readonly from: number; readonly to: number }

/** What goes wrong on the way there (`request`) or back (`response`). */
export interface DirectionFault {
  /** Waits so long before the first byte is passed on. */
  readonly delayMs?: number
  /** Passes on no more than this. */
  readonly bytesPerSecond?: number
  /** Passes on so many bytes, then ends both connections, with RST unless it says `fin`. 0 for a response: the server has answered, the client sees nothing. */
  readonly cut?: { readonly after: ByteCount; readonly how?: 'rst' | 'fin' }
  /** Flips one bit of the byte at this offset. */
  readonly corruptAt?: ByteCount
  /** Passes on so many bytes and swallows the rest; the connections stay open. */
  readonly blackHoleAfter?: ByteCount
}

/** What goes wrong with one exchange. */
export interface Fault {
  readonly request?: DirectionFault
  readonly response?: DirectionFault
  /** Resets the connection, nothing is passed on: at once when it is new, else at its next request. */
  readonly refuse?: boolean
}

/** Which exchanges a fault strikes. */
export interface When {
  /** How many. @default 1 */
  readonly times?: number
  /** Only those whose request line (`PUT /a/b?c HTTP/1.1`) fits. */
  readonly request?: RegExp | ((requestLine: string) => boolean)
  /** Lets so many that fit pass first. @default 0 */
  readonly skip?: number
  /** Strikes with this probability, by the seed. @default 1 */
  readonly chance?: number
}

/** A request and its answer, as they passed through the proxy. */
export interface Exchange {
  /** Counts connections from 1. */
  readonly connection: number
  /** The request line; empty where the first bytes are none. */
  readonly request: string
  readonly fault: Fault | undefined
  /** Bytes that came from the client, and how many of them were passed on. */
  readonly sent: { readonly received: number; readonly passed: number }
  /** Bytes that came from the server, and how many of them were passed on. */
  readonly answered: { readonly received: number; readonly passed: number }
  /** What the proxy did to end it. */
  readonly outcome: 'passed' | 'cut' | 'refused' | 'swallowed'
}

interface Rule {
  readonly fault: Fault
  readonly when: When
  left: number
  skip: number
  hits: number
}

/** The faults that are armed, oldest first. */
export interface Armory {
  arm(fault: Fault, when?: When): { readonly hits: number; disarm(): void }
  disarm(): void
  /** The fault for an exchange; `undefined` as a request line asks for those that do not look at one. */
  strike(requestLine: string | undefined): Fault | undefined
}

/** Holds faults until they strike. */
export function armory(random: () => number): Armory {
  let rules: Rule[] = []
  return {
    arm(fault, when = {}) {
      const rule: Rule = { fault, when, left: when.times ?? 1, skip: when.skip ?? 0, hits: 0 }
      rules.push(rule)
      return {
        get hits() {
          return rule.hits
        },
        disarm() {
          rules = rules.filter((other) => other !== rule)
        },
      }
    },
    disarm() {
      rules = []
    },
    strike(requestLine) {
      const rule = rules.find((candidate) => fits(candidate, requestLine, random))
      if (rule === undefined) return undefined
      rule.left--
      rule.hits++
      return rule.fault
    },
  }
}

function fits(rule: Rule, requestLine: string | undefined, random: () => number): boolean {
  const { request, chance = 1 } = rule.when
  if (rule.left <= 0) return false
  if (requestLine === undefined) {
    // A connection that was only opened: nothing but an unconditional refusal can be decided yet.
    if (request !== undefined || rule.fault.refuse !== true) return false
  } else if (request !== undefined && !matches(request, requestLine)) return false
  if (rule.skip > 0) {
    rule.skip--
    return false
  }
  return chance >= 1 || random() < chance
}

function matches(request: NonNullable<When['request']>, requestLine: string): boolean {
  return typeof request === 'function' ? request(requestLine) : requestLine.search(request) >= 0
}
