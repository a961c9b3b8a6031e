import { createHash } from 'node:crypto'
import type { S3Client } from '@aws-sdk/client-s3'
import { sizeOf } from '@resultkit/core'
import type { Send } from './service.ts'

/** How bodies are covered. */
interface Coverage {
  /** By the signature, through their SHA-256. */
  readonly signPayload: boolean
  /** By a CRC32 that the server compares. */
  readonly checksum: boolean
}

/** What travels with an input. The SDK copies inputs on their way, symbols included. */
interface Attached {
  readonly signal: AbortSignal | undefined
  readonly body: readonly Uint8Array[] | undefined
}

interface Wire {
  readonly headers: Record<string, string>
  body?: unknown
}

const ATTACHED = Symbol('attached')
/** From so many bytes on, the server is asked whether it wants the body before that is sent. */
const EXPECT_BYTES = 2 * 1024 * 1024

/**
 * Sends commands through a client that was made here. Options of a call, a signal among them, would make the SDK build its
 * middleware anew, which takes a third of a small request; a body in one piece would have to be joined first. So both
 * travel with the input, past the SDK.
 */
export function directSend(client: S3Client, coverage: Coverage): Send {
  const { middlewareStack: stack, config } = client
  // It describes each call to a log that there is not.
  stack.remove('loggerMiddleware')
  const attachedTo = (input: object): Attached | undefined => (input as { [ATTACHED]?: Attached })[ATTACHED]
  stack.add(
    (next) => (args) => {
      const body = attachedTo(args.input)?.body
      if (body !== undefined) describe((args.request as Wire).headers, body, coverage)
      return next(args)
    },
    { step: 'build', priority: 'low', name: 'resultkitBody' },
  )
  stack.add(
    (next) => async (args) => {
      const attached = attachedTo(args.input)
      if (attached === undefined) return next(args)
      const request = args.request as Wire
      if (attached.body !== undefined) attach(request, attached.body)
      const options = attached.signal && { abortSignal: attached.signal }
      const { response } = await config.requestHandler.handle(request as never, options)
      return { response, output: undefined as never }
    },
    { step: 'deserialize', priority: 'low', name: 'resultkitSend' },
  )
  return (command, signal, body) => {
    if (signal !== undefined || body !== undefined) Object.assign(command.input, { [ATTACHED]: { signal, body } })
    return client.send(command as never) as Promise<never>
  }
}

/** The headers that a body needs, before they are signed. */
function describe(headers: Record<string, string>, body: readonly Uint8Array[], coverage: Coverage): void {
  headers['content-length'] = `${sizeOf(body)}`
  headers['content-type'] ??= 'application/octet-stream'
  headers['x-amz-content-sha256'] = coverage.signPayload ? sha256(body) : 'UNSIGNED-PAYLOAD'
  if (coverage.checksum) {
    headers['x-amz-sdk-checksum-algorithm'] = 'CRC32'
    headers['x-amz-checksum-crc32'] = checksum(body)
  }
}

function attach(request: Wire, body: readonly Uint8Array[]): void {
  request.body = body
  if (sizeOf(body) >= EXPECT_BYTES) request.headers['expect'] = '100-continue'
}

function sha256(body: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const piece of body) hash.update(piece)
  return hash.digest('hex')
}

/** CRC-32 of ISO-HDLC, as zlib has it: 4 bytes, the highest first, in base64. */
function checksum(body: readonly Uint8Array[]): string {
  const { crc32 } = process.getBuiltinModule('node:zlib')
  let sum = 0
  for (const piece of body) sum = crc32(piece, sum)
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(sum)
  return bytes.toString('base64')
}
