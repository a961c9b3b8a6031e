/** What is sent back. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: readonly Uint8Array[]
  /** Without a content-length. @default false */
  readonly chunked?: boolean
}

/** JSON. */
export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = [Buffer.from(JSON.stringify(value))]
  return { status, headers: { 'content-type': 'application/json; charset=UTF-8', ...headers }, body }
}

/** No body. */
export function emptyAnswer(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers, body: [] }
}
