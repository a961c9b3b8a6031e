import type { CheckedBody } from './body.ts'
import type { S3Request } from './request.ts'
import type { Bucket, EtagForms } from './store.ts'

/** What goes back. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
  /** The length to state where there is no body to send (HEAD). */
  readonly length?: number
}

/** What an operation works with. It runs in one turn, so that no other one comes between its check and its change. */
export interface Work {
  readonly request: S3Request
  readonly bucket: Bucket
  readonly body: CheckedBody
  /** AccessDenied unless the account may. */
  readonly need: (permission: string) => void
  readonly may: (permission: string) => boolean
  readonly now: () => Date
  readonly etagForms: EtagForms
}

/** An XML answer. */
export function xml(body: string): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body }
}
