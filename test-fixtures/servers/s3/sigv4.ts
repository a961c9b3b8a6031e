import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { s3Error } from './errors.ts'
import type { S3Request } from './request.ts'

/** Who may use the server. */
export interface S3Account {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Has to come with every request. @default none */
  readonly sessionToken?: string | undefined
  /** Milliseconds since 1970; ExpiredToken from then on. @default never */
  readonly expiresAt?: number | undefined
  /** AccessDenied where it says no. `s3:ListBucket` decides what a missing key looks like. @default everything */
  readonly allows?: ((permission: string, key: string) => boolean) | undefined
}

/** The outcome of a check that passed. */
export interface Signed {
  readonly account: S3Account
  /** What `x-amz-content-sha256` promised of the body. */
  readonly payloadHash: string
}

const ALGORITHM = 'AWS4-HMAC-SHA256'
const SKEW_MS = 15 * 60_000

interface Claim {
  readonly accessKeyId: string
  readonly scope: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly date: string
  readonly payloadHash: string
  readonly token: string | undefined
  readonly presigned: boolean
}

/** Checks AWS Signature Version 4, in the header or presigned, as S3 does; throws what S3 answers. */
export function verifySignature(
  request: S3Request,
  accounts: ReadonlyMap<string, S3Account>,
  now: number,
  region: string,
): Signed {
  const presigned = request.query.has('X-Amz-Signature')
  if (presigned && request.headers.authorization !== undefined)
    throw s3Error('InvalidArgument', 'Only one auth mechanism allowed')
  const claim = presigned ? presignedClaim(request) : headerClaim(request)
  const account = accounts.get(claim.accessKeyId)
  if (account === undefined) {
    throw s3Error('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.')
  }
  checkScope(claim, region)
  checkTime(request, claim, now)
  checkSignedHeaders(request, claim)
  const expected = Buffer.from(sign(request, claim, account.secretAccessKey))
  const given = Buffer.from(claim.signature)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    const message = 'The request signature we calculated does not match the signature you provided.'
    throw s3Error('SignatureDoesNotMatch', message, { StringToSign: stringToSign(request, claim) })
  }
  checkToken(account, claim, now)
  return { account, payloadHash: claim.payloadHash }
}

function headerClaim({ headers }: S3Request): Claim {
  const { authorization = '' } = headers
  if (authorization === '') throw s3Error('AccessDenied', 'Access Denied')
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    )
  if (match === null) throw s3Error('AuthorizationHeaderMalformed', 'The authorization header is malformed.')
  const [, accessKeyId = '', scope = '', signedHeaders = '', signature = ''] = match
  const payloadHash = single(headers['x-amz-content-sha256'])
  if (payloadHash === undefined)
    throw s3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256')
  return {
    accessKeyId,
    scope,
    signedHeaders: signedHeaders.split(';'),
    signature,
    date: single(headers['x-amz-date']) ?? '',
    payloadHash,
    token: single(headers['x-amz-security-token']),
    presigned: false,
  }
}

function presignedClaim({ query }: S3Request): Claim {
  const [accessKeyId = '', ...scope] = (query.get('X-Amz-Credential') ?? '').split('/')
  if (query.get('X-Amz-Algorithm') !== ALGORITHM) {
    throw s3Error('AuthorizationQueryParametersError', 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256".')
  }
  return {
    accessKeyId,
    scope: scope.join('/'),
    signedHeaders: (query.get('X-Amz-SignedHeaders') ?? '').split(';'),
    signature: query.get('X-Amz-Signature') ?? '',
    date: query.get('X-Amz-Date') ?? '',
    payloadHash: 'UNSIGNED-PAYLOAD',
    token: query.get('X-Amz-Security-Token'),
    presigned: true,
  }
}

function checkScope({ scope, date, presigned }: Claim, region: string): void {
  const [day, itsRegion, service, end] = scope.split('/')
  const right = day === date.slice(0, 8) && service === 's3' && end === 'aws4_request'
  if (right && itsRegion === region) return
  const code = presigned ? 'AuthorizationQueryParametersError' : 'AuthorizationHeaderMalformed'
  const message = right
    ? `The authorization header is malformed; the region '${itsRegion}' is wrong; expecting '${region}'`
    : 'The credential scope does not fit the date and the service.'
  throw s3Error(code, message, right ? { Region: region } : {})
}

function checkTime({ query }: S3Request, { date, presigned }: Claim, now: number): void {
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (Number.isNaN(at)) throw s3Error('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header')
  if (presigned) {
    const seconds = Number(query.get('X-Amz-Expires'))
    if (!(seconds > 0 && seconds <= 604_800))
      throw s3Error('AuthorizationQueryParametersError', 'X-Amz-Expires must be between 1 and 604800 seconds.')
    if (now < at - SKEW_MS) throw s3Error('AccessDenied', 'Request is not yet valid')
    if (now > at + seconds * 1000) throw s3Error('AccessDenied', 'Request has expired')
  } else if (Math.abs(now - at) > SKEW_MS) {
    throw s3Error('RequestTimeTooSkewed', "The difference between the request time and the server's time is too large.")
  }
}

function checkSignedHeaders({ headers }: S3Request, { signedHeaders, presigned }: Claim): void {
  const must = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))]
  const unsigned = must.filter(
    (name) => !signedHeaders.includes(name) && !(presigned && name === 'x-amz-content-sha256'),
  )
  if (unsigned.length === 0) return
  const message = 'There were headers present in the request which were not signed'
  throw s3Error('AccessDenied', message, { HeadersNotSigned: unsigned.join(', ') })
}

function checkToken(account: S3Account, claim: Claim, now: number): void {
  if (account.sessionToken !== claim.token)
    throw s3Error('InvalidToken', 'The provided token is malformed or otherwise invalid.')
  if (account.expiresAt !== undefined && now >= account.expiresAt)
    throw s3Error('ExpiredToken', 'The provided token has expired.')
}

function sign(request: S3Request, claim: Claim, secret: string): string {
  return createHmac('sha256', signingKey(secret, claim.scope)).update(stringToSign(request, claim)).digest('hex')
}

// Deriving one takes longer than all the rest of a check.
const derived = new Map<string, KeyObject>()

function signingKey(secret: string, scope: string): KeyObject {
  const name = JSON.stringify([secret, scope])
  const known = derived.get(name)
  if (known !== undefined) return known
  const [day = '', region = '', service = '', end = ''] = scope.split('/')
  let bytes: Buffer = Buffer.from(`AWS4${secret}`)
  for (const part of [day, region, service, end]) bytes = createHmac('sha256', bytes).update(part).digest()
  const key = createSecretKey(bytes)
  derived.set(name, key)
  return key
}

function stringToSign(request: S3Request, claim: Claim): string {
  const hashed = createHash('sha256').update(canonicalRequest(request, claim)).digest('hex')
  return [ALGORITHM, claim.date, claim.scope, hashed].join('\n')
}

function canonicalRequest({ method, rawPath, query, headers }: S3Request, claim: Claim): string {
  const pairs = [...query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort((a, b) => (a < b ? -1 : 1))
  const lines = claim.signedHeaders.map((name) => {
    const value = headers[name]
    return `${name}:${(Array.isArray(value) ? value.join(',') : (value ?? '')).trim().replaceAll(/ +/g, ' ')}\n`
  })
  return [method, rawPath, pairs.join('&'), lines.join(''), claim.signedHeaders.join(';'), claim.payloadHash].join('\n')
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(',') : header
