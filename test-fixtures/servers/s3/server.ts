import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Answer, Work } from './answer.ts'
import { checkBody, collectBody, requireLength } from './body.ts'
import { failureOf, s3Error } from './errors.ts'
import { type Faults, withFaults } from './faults.ts'
import { listObjects } from './listing.ts'
import * as multipart from './multipart.ts'
import * as objects from './objects.ts'
import { parseRequest, type S3Request } from './request.ts'
import { type S3Account, verifySignature } from './sigv4.ts'
import { checkSpoken } from './spoken.ts'
import { type Bucket, type EtagForms, makeBucket } from './store.ts'
import { errorDocument, xmlDocument } from './xml.ts'

/** How the server is made. */
export interface S3ServerOptions {
  /** @default a free one */
  readonly port?: number | undefined
  /** Buckets that are there from the start. @default ['results'] */
  readonly buckets?: readonly string[] | undefined
  /** Who may use it. @default one account, TEST_ACCOUNT */
  readonly accounts?: readonly S3Account[] | undefined
  /** @default 'us-east-1' */
  readonly region?: string | undefined
  /** Ceph takes `bare` ones alone, RFC 9110 knows `quoted` ones alone, AWS takes both. @default 'both' */
  readonly etagForms?: EtagForms | undefined
  /** Milliseconds since 1970. @default Date.now */
  readonly clock?: (() => number) | undefined
}

/** A server that runs. */
export interface S3Server {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  readonly faults: Faults
  readonly buckets: ReadonlyMap<string, Bucket>
  readonly accounts: Map<string, S3Account>
  close(): Promise<void>
}

/** The account that is there when none is given. */
export const TEST_ACCOUNT: S3Account = { accessKeyId: 'test-access-key', secretAccessKey: 'test-secret-key' }

const OPERATIONS: Readonly<Record<string, (work: Work) => Answer>> = {
  PutObject: objects.putObject,
  GetObject: objects.getObject,
  HeadObject: objects.getObject,
  DeleteObject: objects.deleteObject,
  DeleteObjects: objects.deleteObjects,
  CopyObject: objects.copyObject,
  GetObjectTagging: objects.getObjectTagging,
  ListObjectsV2: listObjects,
  CreateMultipartUpload: multipart.createMultipartUpload,
  UploadPart: multipart.uploadPart,
  CompleteMultipartUpload: multipart.completeMultipartUpload,
  AbortMultipartUpload: multipart.abortMultipartUpload,
  ListParts: multipart.listParts,
  ListMultipartUploads: multipart.listMultipartUploads,
}

const WITH_BODY = new Set(['PutObject', 'UploadPart', 'CompleteMultipartUpload', 'DeleteObjects'])

/**
 * S3 in memory, on 127.0.0.1: SigV4 is verified, conditions have one winner, checksums and lengths are compared. What it
 * does not speak is NotImplemented, never ignored.
 */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const { port = 0, buckets: names = ['results'], accounts: given = [TEST_ACCOUNT] } = options
  const { region = 'us-east-1', clock = Date.now, etagForms = 'both' } = options
  const buckets = new Map(names.map((name) => [name, makeBucket()]))
  const accounts = new Map(given.map((account) => [account.accessKeyId, account]))
  const context: Context = { buckets, accounts, region, clock, etagForms }
  const { handler, faults } = withFaults((request, response) => void respond(context, request, response))
  const server = http.createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, handler)
  // Node would send "100 Continue" by itself; S3 refuses before the body is sent, and so do the faults.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    response.writeContinue()
    handler(request, response)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    buckets,
    accounts,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

interface Context {
  readonly buckets: Map<string, Bucket>
  readonly accounts: ReadonlyMap<string, S3Account>
  readonly region: string
  readonly etagForms: EtagForms
  readonly clock: () => number
}

let requests = 0

async function respond(context: Context, message: IncomingMessage, response: ServerResponse): Promise<void> {
  requests += 1
  const id = { 'x-amz-request-id': `REQUEST${requests}`, 'x-amz-id-2': 'test' }
  const sent = await collectBody(message).catch(() => undefined)
  if (sent === undefined) return
  const answer = answerTo(context, message, sent)
  const headers: Record<string, string> = { ...id, ...answer.headers }
  const bare = message.method === 'HEAD' || answer.status === 204 || answer.status === 304
  const body = answer.body ?? ''
  if (answer.status !== 204 && answer.status !== 304)
    headers['content-length'] = `${answer.length ?? Buffer.byteLength(body)}`
  response.writeHead(answer.status, headers)
  response.end(bare ? undefined : body)
}

function answerTo(context: Context, message: IncomingMessage, sent: Buffer): Answer {
  try {
    return perform(context, parseRequest(message), sent)
  } catch (error) {
    const { status, code, message: text, details } = failureOf(error)
    const headers = { 'content-type': 'application/xml', ...(status === 304 && { etag: details?.['ETag'] ?? '' }) }
    // HEAD has no body, and so no code: the client sees the status alone.
    if (message.method === 'HEAD' || status === 304) return { status, headers, length: 0 }
    return { status, headers, body: errorDocument(code, text, details) }
  }
}

function perform(context: Context, request: S3Request, sent: Buffer): Answer {
  const { operation } = request
  const withBody = WITH_BODY.has(operation)
  const now = context.clock()
  const { account, payloadHash } = verifySignature(request, context.accounts, now, context.region)
  checkSpoken(request)
  if (withBody) requireLength(request)
  const body = checkBody(request, sent, payloadHash)
  if (!withBody && sent.length > 0) throw s3Error('InvalidRequest', 'This operation has no body.')
  const may = (permission: string): boolean => account.allows?.(permission, request.key) ?? true
  const need = (permission: string): void => {
    if (!may(permission)) throw s3Error('AccessDenied', 'Access Denied')
  }
  const special = bucketOperation(context, request, need)
  if (special !== undefined) return special
  const run = OPERATIONS[operation]
  if (run === undefined) throw s3Error('NotImplemented', 'This test server does not speak this operation.')
  const bucket = context.buckets.get(request.bucket)
  if (bucket === undefined) throw s3Error('NoSuchBucket', 'The specified bucket does not exist')
  return run({ request, bucket, body, need, may, now: () => new Date(now), etagForms: context.etagForms })
}

function bucketOperation(
  { buckets, region }: Context,
  { operation, bucket }: S3Request,
  need: (permission: string) => void,
): Answer | undefined {
  const missing = (): Error => s3Error('NoSuchBucket', 'The specified bucket does not exist')
  switch (operation) {
    case 'CreateBucket':
      need('s3:CreateBucket')
      if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
        throw s3Error('InvalidBucketName', 'The specified bucket is not valid.')
      if (buckets.has(bucket)) throw s3Error('BucketAlreadyOwnedByYou', 'You own this bucket already.')
      buckets.set(bucket, makeBucket())
      return { status: 200, headers: { location: `/${bucket}` } }
    case 'HeadBucket':
      need('s3:ListBucket')
      if (!buckets.has(bucket)) throw missing()
      return { status: 200, headers: { 'x-amz-bucket-region': region } }
    case 'GetBucketLocation':
      return { status: 200, body: xmlDocument('LocationConstraint', {}) }
    case 'DeleteBucket': {
      need('s3:DeleteBucket')
      const found = buckets.get(bucket)
      if (found === undefined) throw missing()
      if (found.size > 0) throw s3Error('BucketNotEmpty', 'The bucket you tried to delete is not empty')
      buckets.delete(bucket)
      return { status: 204 }
    }
    default:
      return undefined
  }
}
