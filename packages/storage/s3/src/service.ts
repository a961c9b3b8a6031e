import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import { concatBytes, ResultError } from '@resultkit/core'
import { directSend } from './direct-send.ts'
import { httpHandler } from './http-handler.ts'
import type { S3ConnectionOptions } from './options.ts'
import { wrong } from './wrong.ts'

/** The SDK. */
export type Sdk = typeof import('@aws-sdk/client-s3')

/** The SDK and a client. */
export interface Service {
  readonly sdk: Sdk
  readonly client: S3Client
  /** Sends a command; the signal cuts its connection, also while the body of the answer is read. */
  readonly send: Send
  /** Asks for new credentials. False where there are no others. */
  readonly renewCredentials: () => Promise<boolean>
}

/** The one form of `client.send` that is used. A body comes beside the input, in pieces that need not be joined. */
export type Send = <Output>(
  command: SdkCommand<Output>,
  signal: AbortSignal | undefined,
  body?: readonly Uint8Array[],
) => Promise<Output>

/** What all commands have in common. */
export interface SdkCommand<Output> {
  readonly input: object
  // The SDK infers the output from this member.
  resolveMiddleware(...args: never): (command: never) => Promise<{ output: Output }>
}

const OWN: readonly (keyof S3ConnectionOptions)[] = [
  'region',
  'endpoint',
  'credentials',
  'forcePathStyle',
  'requestChecksumCalculation',
  'signPayload',
  'connectTimeout',
  'idleTimeout',
  'maxConnections',
]

/** The longest that a timer of Node runs, in milliseconds. */
const LARGEST = 2 ** 31 - 1

/** Checks the options at once; loads the SDK when it is first called, and once. */
export function openService(options: S3ConnectionOptions, operation: string): () => Promise<Service> {
  checkOptions(options, operation)
  let service: Promise<Service> | undefined
  const load = async (): Promise<Service> => {
    const sdk = await loadSdk(operation)
    const service = options.client === undefined ? makeService(sdk, options) : givenService(sdk, options.client)
    await requireRegion(service.client, operation)
    return service
  }
  return () => {
    service ??= load().catch((error: unknown) => {
      service = undefined
      throw error
    })
    return service
  }
}

function checkOptions(options: S3ConnectionOptions, operation: string): void {
  if (options.client !== undefined) {
    // From callers without types.
    if (typeof options.client?.send !== 'function') throw wrong(operation, 'a client that is no S3Client')
    const extra = OWN.find((name) => options[name] !== undefined)
    if (extra !== undefined) throw wrong(operation, `a client and ${extra}, which only a client that is made here has`)
    return
  }
  for (const name of ['connectTimeout', 'idleTimeout', 'maxConnections'] as const) {
    const value = options[name]
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0 && value <= LARGEST))
      throw wrong(operation, `a ${name} that is not a whole number from 1 to ${LARGEST}`)
  }
  if (options.endpoint !== undefined && !/^https?:\/\/./.test(options.endpoint))
    throw wrong(operation, 'an endpoint that is no http URL, such as http://127.0.0.1:9000')
}

async function loadSdk(operation: string): Promise<Sdk> {
  try {
    return await import('@aws-sdk/client-s3')
  } catch (cause) {
    const message = `${operation} needs the AWS SDK: npm install @aws-sdk/client-s3.`
    throw new ResultError({ code: 'CONFIG', operation, message, cause })
  }
}

/** The SDK finds out with the first request, and gives an error without a code. */
async function requireRegion(client: S3Client, operation: string): Promise<void> {
  try {
    await client.config?.region?.()
  } catch (cause) {
    const message = `${operation} has no region that the AWS SDK accepts. Give region, or set AWS_REGION.`
    throw new ResultError({ code: 'CONFIG', operation, message, cause })
  }
}

function givenService(sdk: Sdk, client: S3Client): Service {
  const send: Send = (command, signal, body) => {
    if (body !== undefined) Object.assign(command.input, { Body: concatBytes(body) })
    return client.send(command as never, signal && { abortSignal: signal }) as Promise<never>
  }
  return { sdk, client, send, renewCredentials: async () => false }
}

function makeService(sdk: Sdk, options: S3ConnectionOptions): Service {
  const { endpoint = process.env['AWS_ENDPOINT_URL_S3'] || process.env['AWS_ENDPOINT_URL'], credentials } = options
  const { requestChecksumCalculation = endpoint === undefined ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED' } = options
  const { connectTimeout = 5_000, idleTimeout = 60_000, maxConnections = 50 } = options
  const region = options.region ?? (endpoint === undefined ? undefined : defaultRegion())
  const config: S3ClientConfig = {
    maxAttempts: 1,
    requestChecksumCalculation,
    // Whole reads are compared with the record's own digest; the SDK's check would wrap every body.
    responseChecksumValidation: 'WHEN_REQUIRED',
    cacheMiddleware: true,
    requestHandler: httpHandler({ connectTimeout, idleTimeout, maxConnections }) as never,
    forcePathStyle: options.forcePathStyle ?? endpoint !== undefined,
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(credentials !== undefined && { credentials }),
  }
  const client = new sdk.S3Client(config)
  const signPayload = options.signPayload ?? isExposed(endpoint)
  const checksum = requestChecksumCalculation === 'WHEN_SUPPORTED'
  const renewCredentials = async (): Promise<boolean> => {
    if (typeof credentials === 'object') return false
    await client.config.credentials({ forceRefresh: true })
    return true
  }
  return { sdk, client, send: directSend(client, { signPayload, checksum }), renewCredentials }
}

/** Whether somebody between here and the server could change a body: plain HTTP that leaves this machine. */
export function isExposed(endpoint: string | undefined): boolean {
  if (endpoint === undefined) return false
  const { protocol, hostname } = new URL(endpoint)
  return protocol === 'http:' && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
}

function defaultRegion(): string {
  return process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION'] || 'us-east-1'
}
