import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { failureOf, s3Error } from './errors.ts'
import { parseRequest } from './request.ts'
import { errorDocument } from './xml.ts'

/** What goes wrong. */
export type Fault =
  /** An error document; the request has no effect. The status follows from the code unless it is given. */
  | {
      readonly kind: 'answer'
      readonly code: string
      readonly status?: number
      readonly headers?: Record<string, string>
    }
  /** An answer that is not S3's, as a proxy gives it. */
  | {
      readonly kind: 'page'
      readonly status: number
      readonly body: string
      readonly headers?: Record<string, string>
    }
  /** The connection is reset before the request has had an effect. */
  | { readonly kind: 'reset' }
  /** The connection is reset after so many bytes of the request's body were read; it has no effect. */
  | { readonly kind: 'cut-request'; readonly after: number }
  /** The request takes effect, and the connection is reset instead of the answer. */
  | { readonly kind: 'drop-answer' }
  /** The request takes effect, and this error is answered. */
  | { readonly kind: 'deny-answer'; readonly code: string; readonly status?: number }
  /** The connection is reset after so many bytes of the answer's body. */
  | { readonly kind: 'cut-answer'; readonly after: number }
  /** Nothing happens for so long; then everything goes on. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** No answer, ever, until the client gives up. */
  | { readonly kind: 'hang' }
  /** Calls back before the request takes effect, and goes on when that is done. */
  | { readonly kind: 'wait'; readonly until: () => Promise<unknown> | undefined }

/** Which requests a fault meets, counted from the time when it was added. */
export interface FaultRule {
  /** Such as `PutObject`. @default every operation */
  readonly operation?: string | undefined
  /** How many of them pass before. @default 0 */
  readonly skip?: number | undefined
  /** How many of them it meets. @default 1 */
  readonly times?: number | undefined
}

/** One request that arrived. */
export interface LoggedRequest {
  readonly operation: string
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
}

/** The switches of one server, and what it saw. */
export interface Faults {
  /** Adds a fault. Rules are tried in the order in which they were added. */
  add(fault: Fault, rule?: FaultRule): void
  /** Forgets all faults. */
  clear(): void
  /** Every request, faulty ones included. */
  readonly log: readonly LoggedRequest[]
  clearLog(): void
  /** How many requests of this operation arrived since the log was cleared. */
  count(operation?: string): number
  /** The names of the operations that arrived, in order. */
  operations(): readonly string[]
}

interface Armed {
  readonly fault: Fault
  readonly operation: string | undefined
  skip: number
  times: number
}

/** Puts switches before a handler. They count and break requests; those that they let pass go on untouched. */
export function withFaults(handler: RequestListener): { readonly handler: RequestListener; readonly faults: Faults } {
  const armed: Armed[] = []
  const log: LoggedRequest[] = []
  const pick = (operation: string): Fault | undefined => {
    const rule = armed.find((each) => (each.operation ?? operation) === operation && each.times > 0)
    if (rule === undefined) return undefined
    if (rule.skip > 0) {
      rule.skip -= 1
      return undefined
    }
    rule.times -= 1
    return rule.fault
  }
  const faults: Faults = {
    add: (fault, { operation, skip = 0, times = 1 } = {}) => void armed.push({ fault, operation, skip, times }),
    clear: () => void armed.splice(0),
    log,
    clearLog: () => void log.splice(0),
    count: (operation) => log.filter((each) => (operation ?? each.operation) === each.operation).length,
    operations: () => log.map(({ operation }) => operation),
  }
  return {
    faults,
    handler: (request, response) => {
      const operation = nameOf(request)
      log.push({ operation, method: request.method ?? '', url: request.url ?? '', headers: request.headers })
      const fault = pick(operation)
      if (fault === undefined) handler(request, response)
      // A client that goes away meanwhile is nobody's failure.
      else apply(fault, request, response, handler).catch(() => {})
    },
  }
}

function nameOf(request: IncomingMessage): string {
  try {
    return parseRequest(request).operation
  } catch {
    return 'Unknown'
  }
}

async function apply(
  fault: Fault,
  request: IncomingMessage,
  response: ServerResponse,
  handler: RequestListener,
): Promise<void> {
  const pass = (): void => void handler(request, response)
  const reset = (): void => void request.socket.resetAndDestroy()
  switch (fault.kind) {
    case 'answer':
      return answer(fault, request, response)
    case 'page':
      await drain(request)
      return void response.writeHead(fault.status, { 'content-type': 'text/html', ...fault.headers }).end(fault.body)
    case 'reset':
      return reset()
    case 'cut-request':
      return cutRequest(request, fault.after)
    case 'drop-answer':
      return replaceAnswer(response, pass, reset)
    case 'deny-answer':
      return denyAnswer(fault, response, pass)
    case 'cut-answer':
      return cutAnswer(response, fault.after, pass)
    case 'delay':
      return void sleep(fault.ms).then(pass)
    case 'hang':
      return void (await drain(request))
    case 'wait':
      await fault.until()
      return pass()
  }
}

async function drain(request: IncomingMessage): Promise<void> {
  for await (const _ of request.iterator({ destroyOnReturn: false }));
}

async function answer(
  fault: Fault & { kind: 'answer' },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await drain(request)
  const { status, code, message } = failureOf(s3Error(fault.code, 'This is a fault that the test asked for.'))
  const bare = request.method === 'HEAD' || fault.status === 304
  response.writeHead(fault.status ?? status, { 'content-type': 'application/xml', ...fault.headers })
  response.end(bare ? '' : errorDocument(code, message))
}

function cutRequest(request: IncomingMessage, after: number): void {
  let seen = 0
  request.on('data', (piece: Buffer) => {
    seen += piece.length
    if (seen >= after) request.socket.resetAndDestroy()
  })
}

/** Runs the handler to its end, and does something else where it would answer. */
function replaceAnswer(response: ServerResponse, pass: () => void, instead: () => void): void {
  const target = response as unknown as Record<string, unknown>
  target['writeHead'] = () => response
  target['write'] = () => true
  target['end'] = () => {
    instead()
    return response
  }
  pass()
}

function denyAnswer(fault: Fault & { kind: 'deny-answer' }, response: ServerResponse, pass: () => void): void {
  const { writeHead } = response
  const end = response.end as (text: string) => ServerResponse
  const failure = failureOf(s3Error(fault.code, 'This is a fault that the test asked for.'))
  replaceAnswer(response, pass, () => {
    writeHead.call(response, fault.status ?? failure.status, { 'content-type': 'application/xml' })
    end.call(response, errorDocument(failure.code, failure.message))
  })
}

function cutAnswer(response: ServerResponse, after: number, pass: () => void): void {
  // Of its overloads, the one that is used.
  const write = response.write as (piece: Buffer, done?: () => void) => boolean
  let left = after
  const send = (piece: Buffer | string): boolean => {
    const bytes = Buffer.from(piece as Buffer)
    const part = bytes.subarray(0, left)
    left -= part.length
    if (part.length === bytes.length) return write.call(response, bytes)
    // What was sent has to arrive, so that the cut comes where it is meant to.
    write.call(response, part, () => setTimeout(() => response.socket?.resetAndDestroy(), 20))
    return false
  }
  const target = response as unknown as Record<string, unknown>
  target['write'] = (piece: Buffer | string) => (left > 0 ? send(piece) : false)
  target['end'] = (piece: Buffer | string = '') => {
    send(piece)
    return response
  }
  pass()
}
