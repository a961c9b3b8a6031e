import { createHash, createHmac } from 'node:crypto'
import { afterAll, expect, it } from 'vitest'
import { startS3Server, TEST_ACCOUNT } from '../../../../test-fixtures/servers/s3/index.ts'

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5)
const STAMP = '20260102T030405Z'
const SCOPE = '20260102/us-east-1/s3/aws4_request'
const server = await startS3Server({ clock: () => NOW })
afterAll(() => server.close())

interface Wanted {
  readonly method?: string
  readonly path?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Sent, and not part of the signature. */
  readonly unsigned?: Readonly<Record<string, string>>
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Signature Version 4 by its specification, beside the SDK's and the server's. */
function signature(method: string, path: string, query: string, signed: Record<string, string>, hash: string): string {
  const names = Object.keys(signed).sort()
  const lines = names.map((name) => `${name}:${signed[name]}\n`).join('')
  const canonical = [method, path, query.split('&').sort().join('&'), lines, names.join(';'), hash].join('\n')
  const text = ['AWS4-HMAC-SHA256', STAMP, SCOPE, sha256(canonical)].join('\n')
  const key = SCOPE.split('/').reduce<string | Buffer>(hmac, `AWS4${TEST_ACCOUNT.secretAccessKey}`)
  return hmac(key, text).toString('hex')
}

async function send({ method = 'PUT', path = '/results/key', query = '', ...more }: Wanted): Promise<string> {
  const { headers = {}, unsigned = {}, body } = more
  const hash = headers['x-amz-content-sha256'] ?? sha256(body ?? '')
  const signed = { host: new URL(server.url).host, 'x-amz-date': STAMP, 'x-amz-content-sha256': hash, ...headers }
  const names = Object.keys(signed).sort().join(';')
  const credential = `Credential=${TEST_ACCOUNT.accessKeyId}/${SCOPE}`
  const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature(method, path, query, signed, hash)}`
  const answer = await fetch(`${server.url}${path}${query === '' ? '' : `?${query}`}`, {
    method,
    headers: { ...signed, authorization, ...unsigned },
    ...(body !== undefined && { body }),
  })
  return `${answer.status} ${/<Code>(\w+)</.exec(await answer.text())?.[1] ?? ''}`.trim()
}

const TRAILER = {
  'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'x-amz-decoded-content-length': '5',
  'x-amz-trailer': 'x-amz-checksum-crc32',
}
const CHUNKS = '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n'
const without = (name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(TRAILER).filter(([each]) => each !== name))

const RIGHT: Readonly<Record<string, Wanted>> = {
  'a body': { body: 'hello' },
  'a checksum': { body: 'hello', headers: { 'x-amz-checksum-crc32': 'NhCmhg==' } },
  'chunks and a trailer': { body: CHUNKS, headers: TRAILER },
  'a read of it': { method: 'GET', query: 'x-id=GetObject' },
}
it.each(Object.entries(RIGHT))('is taken: %s', async (_, wanted) => {
  expect(await send(wanted)).toBe('200')
})

const WRONG: readonly (readonly [what: string, wanted: Wanted, answer: string])[] = [
  ['chunks without a promised trailer', { body: CHUNKS, headers: without('x-amz-trailer') }, '400 InvalidRequest'],
  ['chunks that end without one', { body: '5\r\nhello\r\n0\r\n\r\n', headers: TRAILER }, '400 InvalidRequest'],
  ['no decoded length', { body: CHUNKS, headers: without('x-amz-decoded-content-length') }, '411 MissingContentLength'],
  [
    'another decoded length',
    { body: CHUNKS, headers: { ...TRAILER, 'x-amz-decoded-content-length': '4' } },
    '400 IncompleteBody',
  ],
  ['bytes behind the trailer', { body: `${CHUNKS}more`, headers: TRAILER }, '400 IncompleteBody'],
  ['no end of the trailer', { body: CHUNKS.slice(0, -2), headers: TRAILER }, '400 IncompleteBody'],
  [
    'chunks with another MD5',
    { body: CHUNKS, headers: { ...TRAILER, 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' } },
    '400 BadDigest',
  ],
  [
    'a checksum that is announced and does not come',
    { body: 'hello', headers: { 'x-amz-sdk-checksum-algorithm': 'CRC32' } },
    '400 InvalidRequest',
  ],
  [
    'two checksums',
    { body: 'hello', headers: { 'x-amz-checksum-crc32': 'NhCmhg==', 'x-amz-checksum-sha256': 'AAAA' } },
    '400 InvalidRequest',
  ],
  ['a header that is not signed', { body: 'x', unsigned: { 'x-amz-meta-a': '1' } }, '403 AccessDenied'],
  ['If-None-Match with an ETag', { body: 'x', headers: { 'if-none-match': '"a"' } }, '501 NotImplemented'],
  [
    'If-None-Match and If-Match',
    { body: 'x', headers: { 'if-none-match': '*', 'if-match': '"a"' } },
    '501 NotImplemented',
  ],
  ['If-Unmodified-Since', { body: 'x', headers: { 'if-unmodified-since': 'x' } }, '501 NotImplemented'],
  ['If-Modified-Since of a read', { method: 'GET', headers: { 'if-modified-since': 'x' } }, '501 NotImplemented'],
  [
    'a condition of a part',
    { query: 'partNumber=1&uploadId=x', body: 'x', headers: { 'if-none-match': '*' } },
    '501 NotImplemented',
  ],
  [
    'a condition of an upload that begins',
    { method: 'POST', query: 'uploads=', headers: { 'if-none-match': '*' } },
    '501 NotImplemented',
  ],
  [
    "a customer's key",
    { body: 'x', headers: { 'x-amz-server-side-encryption-customer-key': 'x' } },
    '501 NotImplemented',
  ],
  ['an ACL', { body: 'x', headers: { 'x-amz-acl': 'private' } }, '501 NotImplemented'],
  ['a version', { method: 'GET', query: 'versionId=1' }, '501 NotImplemented'],
  ['a part of no upload', { query: 'partNumber=1', body: 'x' }, '501 NotImplemented'],
  ['a part without a number', { query: 'uploadId=x', body: 'x' }, '404 NoSuchUpload'],
  ['a body of a read', { method: 'DELETE', body: 'x' }, '400 InvalidRequest'],
  [
    'a date that is not the one of the scope',
    { body: 'x', headers: { 'x-amz-date': '20260103T030405Z' } },
    '400 AuthorizationHeaderMalformed',
  ],
  ['two kinds of signatures', { method: 'GET', query: 'X-Amz-Signature=x' }, '400 InvalidArgument'],
]
it.each(WRONG)('is refused: %s', async (_, wanted, answer) => {
  expect(await send(wanted)).toBe(answer)
})

async function presigned(change: {
  expires?: number
  stamp?: string
  alter?: (url: string) => string
}): Promise<string> {
  const { expires = 60, alter = (url) => url } = change
  const { host } = new URL(server.url)
  const credential = encodeURIComponent(`${TEST_ACCOUNT.accessKeyId}/${SCOPE}`)
  const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${credential}&X-Amz-Date=${STAMP}&X-Amz-Expires=${expires}&X-Amz-SignedHeaders=host`
  const proof = signature('GET', '/results/key', query, { host }, 'UNSIGNED-PAYLOAD')
  const answer = await fetch(alter(`${server.url}/results/key?${query}&X-Amz-Signature=${proof}`))
  return `${answer.status} ${/<Code>(\w+)</.exec(await answer.text())?.[1] ?? ''}`.trim()
}

it('a presigned URL is taken as it is, in its time', async () => {
  expect(await presigned({})).toBe('200')
  const more = (url: string): string => url.replace('Expires=60', 'Expires=61')
  expect(await presigned({ alter: more })).toBe('403 SignatureDoesNotMatch')
  expect(await presigned({ alter: (url) => `${url}&x-id=GetObject` })).toBe('403 SignatureDoesNotMatch')
  expect(await presigned({ alter: (url) => url.replace('/key', '/other') })).toBe('403 SignatureDoesNotMatch')
  expect(await presigned({ expires: 604_801 })).toBe('400 AuthorizationQueryParametersError')
  expect(await presigned({ expires: 0 })).toBe('400 AuthorizationQueryParametersError')
})

it('a presigned URL is refused before its time and after it', async () => {
  for (const [clock, answer] of [
    [NOW + 60_000, '200'],
    [NOW + 60_001, '403 AccessDenied'],
    [NOW - 16 * 60_000, '403 AccessDenied'],
  ] as const) {
    const other = await startS3Server({ clock: () => clock })
    const { host } = new URL(other.url)
    const credential = encodeURIComponent(`${TEST_ACCOUNT.accessKeyId}/${SCOPE}`)
    const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${credential}&X-Amz-Date=${STAMP}&X-Amz-Expires=60&X-Amz-SignedHeaders=host&list-type=2`
    const proof = signature('GET', '/results', query, { host }, 'UNSIGNED-PAYLOAD')
    const received = await fetch(`${other.url}/results?${query}&X-Amz-Signature=${proof}`)
    expect(`${received.status} ${/<Code>(\w+)</.exec(await received.text())?.[1] ?? ''}`.trim()).toBe(answer)
    await other.close()
  }
})
