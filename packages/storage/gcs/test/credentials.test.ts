import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type GcsStorageOptions, gcsResult, gcsStorage } from '../src/index.ts'
import { AT_ONCE, collect, failureOf, get, pattern, put, streamed, UNIT, useServer } from './support.ts'

const server = useServer({ tokens: [] })
const SUBJECT = 'the-subject-token'

/** Gives tokens `t1`, `t2`, ..., each of which lives for a time. */
let issuer: Server
let issued = 0
let lifetime = 3600
let refusing: number | undefined
let directory: string

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'resultkit-gcs-'))
  writeFileSync(join(directory, 'subject'), SUBJECT)
  issuer = createServer((request, response) => {
    request.resume()
    if (refusing !== undefined) {
      response.writeHead(refusing, { 'content-type': 'application/json' })
      return void response.end(JSON.stringify({ error: 'invalid_grant', error_description: SUBJECT }))
    }
    issued += 1
    const body = { access_token: `t${issued}`, token_type: 'Bearer', expires_in: lifetime }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ ...body, issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' }))
  })
  issuer.listen(0, '127.0.0.1')
  await once(issuer, 'listening')
})
afterAll(() => {
  issuer.closeAllConnections()
  issuer.close()
  rmSync(directory, { recursive: true })
})
beforeEach(() => {
  // The SDK says that these options have newer names.
  vi.spyOn(console, 'warn').mockReturnValue(undefined)
  vi.spyOn(process, 'emitWarning').mockReturnValue(undefined)
  issued = 0
  lifetime = 3600
  refusing = undefined
  server.current.takeKinds()
})

function credentials(): NonNullable<GcsStorageOptions['credentials']> {
  return {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/p',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/token`,
    credential_source: { file: join(directory, 'subject') },
  } as NonNullable<GcsStorageOptions['credentials']>
}

function options(): GcsStorageOptions {
  const apiEndpoint = server.current.url
  return {
    bucket: 'bucket',
    prefix: crypto.randomUUID(),
    apiEndpoint,
    projectId: 'p',
    credentials: credentials(),
    retry: false,
  }
}

describe('credentials', () => {
  test('one token serves many requests', async () => {
    server.current.tokens = new Set(['t1'])
    const storage = gcsStorage(options())
    await put(storage, 'a', pattern(9))
    expect(await get(storage, 'a')).toEqual(pattern(9))
    expect(await collect(storage.list('', { startAfter: undefined, signal: undefined }))).toHaveLength(1)
    expect(issued).toBe(1)
  })

  test('a token that has expired is replaced before it is used', async () => {
    // Shorter than the time before which the SDK renews.
    lifetime = 1
    server.current.tokens = new Set(['t1', 't2', 't3'])
    const storage = gcsStorage(options())
    await put(storage, 'a', pattern(9))
    await get(storage, 'a')
    expect(issued).toBe(2)
    expect(server.current.log.map(({ headers }) => headers.authorization)).toEqual(['Bearer t1', 'Bearer t2'])
  })

  test('a token that is refused before its time is replaced once, and the request is repeated', async () => {
    server.current.tokens = new Set(['t2'])
    const storage = gcsStorage(options())
    await put(storage, 'a', pattern(9), { ifAbsent: true })
    expect(server.current.log.map(({ status }) => status)).toEqual([401, 200])
    expect(issued).toBe(2)
    server.current.tokens = new Set(['t3'])
    const reads = await Promise.all(Array.from({ length: 8 }, () => get(storage, 'a')))
    expect(reads).toEqual(Array.from({ length: 8 }, () => pattern(9)))
    expect(issued).toBeLessThanOrEqual(4)
  })

  test('tokens that stay refused are ACCESS_DENIED', async () => {
    server.current.tokens = new Set(['other'])
    await failureOf(get(gcsStorage(options()), 'a'), { code: 'ACCESS_DENIED', retryable: false })
    expect(server.current.log).toHaveLength(2)
  })

  test('a session goes on when the token ends: its URL stands for the credentials', async () => {
    server.current.tokens = new Set(['t1'])
    const storage = gcsStorage({ ...options(), chunkSize: UNIT })
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield pattern(2 * UNIT)
      server.current.tokens = new Set(['none'])
      yield pattern(UNIT)
    }
    await put(storage, 'a', body)
    server.current.tokens = new Set(['t1'])
    expect((await get(storage, 'a'))?.byteLength).toBe(3 * UNIT)
    const chunks = server.current.log.filter(({ kind }) => kind === 'chunk')
    expect(chunks.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined, undefined])
  })

  test.each([
    [400, 'ACCESS_DENIED', false],
    [403, 'ACCESS_DENIED', false],
  ] as const)('an issuer that answers %i gives %s', async (status, code, retryable) => {
    refusing = status
    await failureOf(get(gcsStorage(options()), 'a'), { code, retryable })
    expect(server.current.log).toEqual([])
  })

  test('an issuer that cannot be reached is UNAVAILABLE', async () => {
    const unreachable = { ...credentials(), token_url: 'http://127.0.0.1:1/token' }
    const storage = gcsStorage({ ...options(), credentials: unreachable as never })
    await failureOf(get(storage, 'a'), { code: 'UNAVAILABLE', retryable: true })
  })

  test('a missing key file is CONFIG', async () => {
    const { credentials: _, ...others } = options()
    const storage = gcsStorage({ ...others, keyFilename: join(directory, 'none.json') })
    await failureOf(get(storage, 'a'), { code: 'CONFIG' })
  })

  test('neither they nor tokens are shown by errors, storages or Results', async () => {
    refusing = 400
    const secret = 'very-secret-key'
    const given = {
      ...options(),
      credentials: { ...credentials(), client_secret: secret } as never,
      retry: { ...AT_ONCE },
    }
    const result = gcsResult({ ...given, location: '{n}' })
    const storage = gcsStorage(given)
    const error = await failureOf(result.write(1, { n: 1 }), { code: 'ACCESS_DENIED' })
    const shown = [error, storage, result].flatMap((value) => [
      inspect(value, { depth: 9, showHidden: true }),
      JSON.stringify(value) ?? '',
      String(value),
    ])
    for (const text of [...shown, error.message, error.stack]) {
      expect(text).not.toContain(SUBJECT)
      expect(text).not.toContain(secret)
    }
  })

  test('the URL of a session, which is one, is not shown either', async () => {
    server.current.tokens = new Set(['t1'])
    const storage = gcsStorage({ ...options(), chunkSize: UNIT })
    server.current.inject({ on: 'chunk', action: { kind: 'answer', status: 403 } })
    const error = await failureOf(put(storage, 'a', streamed(pattern(2 * UNIT))), { code: 'ACCESS_DENIED' })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/upload_id/)
  })
})
