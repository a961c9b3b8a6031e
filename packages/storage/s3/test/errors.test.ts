import { inspect } from 'node:util'
import type { ResultError, ResultErrorCode } from '@resultkit/core'
import { describe, expect, it } from 'vitest'
import { testServer } from './server.ts'
import { entries, errorOf, MIB, pattern, pieces, put, remove, stat, text } from './support.ts'

const server = await testServer()
const { faults, own } = server

const CODES: readonly (readonly [code: string, becomes: ResultErrorCode, retryable: boolean])[] = [
  ['AccessDenied', 'ACCESS_DENIED', false],
  ['InvalidAccessKeyId', 'ACCESS_DENIED', false],
  ['SignatureDoesNotMatch', 'ACCESS_DENIED', false],
  ['ExpiredToken', 'ACCESS_DENIED', false],
  ['NoSuchBucket', 'CONFIG', false],
  ['PermanentRedirect', 'CONFIG', false],
  ['AuthorizationHeaderMalformed', 'CONFIG', false],
  ['KeyTooLongError', 'INVALID_KEY', false],
  ['NotImplemented', 'UNSUPPORTED', false],
  ['MalformedXML', 'CONFIG', false],
  ['InvalidRequest', 'CONFIG', false],
  ['SlowDown', 'UNAVAILABLE', true],
  ['InternalError', 'UNAVAILABLE', true],
  ['ServiceUnavailable', 'UNAVAILABLE', true],
  ['RequestTimeout', 'TIMEOUT', true],
]

it.each(CODES)('%s is %s', async (code, becomes, retryable) => {
  const storage = server.storage({ retry: false })
  for (const attempt of [() => text(storage, 'key'), () => put(storage, 'key', 'x'), () => entries(storage)]) {
    faults.add({ kind: 'answer', code })
    const error = await errorOf(attempt())
    expect(error).toMatchObject({ code: becomes, retryable, storage: storage.uri })
    expect(error.message).toContain(code)
  }
})

it('a status without a code is told from "absent" and from each other', async () => {
  const storage = server.storage({ retry: false })
  await put(storage, 'key', 'x')
  const HEADS: readonly (readonly [status: number, becomes: ResultErrorCode])[] = [
    [400, 'CONFIG'],
    [401, 'ACCESS_DENIED'],
    [403, 'ACCESS_DENIED'],
    [405, 'CONFIG'],
    [429, 'UNAVAILABLE'],
    [500, 'UNAVAILABLE'],
    [503, 'UNAVAILABLE'],
  ]
  for (const [status, becomes] of HEADS) {
    faults.add({ kind: 'page', status, body: '' })
    expect(await errorOf(stat(storage, 'key'))).toMatchObject({ code: becomes })
  }
  faults.add({ kind: 'page', status: 404, body: '<html>Not here</html>' })
  expect(await errorOf(text(storage, 'key'))).toMatchObject({ code: 'CONFIG' })
})

it("a proxy's page deletes nothing", async () => {
  const storage = server.storage()
  await put(storage, 'key', 'x')
  for (const signal of [undefined, new AbortController().signal]) {
    faults.add({ kind: 'page', status: 200, body: '<html>Sign in</html>' })
    expect(await errorOf(remove(storage, 'key', { signal }))).toMatchObject({ code: 'CONFIG', retryable: false })
  }
  expect(await text(storage, 'key')).toBe('x')
  await remove(storage, 'key')
  expect(await text(storage, 'key')).toBeUndefined()
})

describe('nothing that is secret is printed', () => {
  const SECRETS = ['AKIASENTINELKEY', 'sentinel-secret', 'sentinel-token', 'patients/jane']
  const credentials = {
    accessKeyId: SECRETS[0] ?? '',
    secretAccessKey: SECRETS[1] ?? '',
    sessionToken: SECRETS[2] ?? '',
  }

  function expectDiscreet(error: ResultError): void {
    const printed = [error.message, String(error), error.stack, JSON.stringify(error), inspect(error, { depth: 10 })]
    for (const secret of SECRETS) expect(printed.join('\n')).not.toContain(secret)
    expect(error.key).toBe('patients/jane')
    expect(error.cause).toBeDefined()
  }

  it('when the credentials are refused', async () => {
    const storage = server.storage({ credentials })
    expectDiscreet(await errorOf(text(storage, 'patients/jane')))
    expectDiscreet(await errorOf(put(storage, 'patients/jane', 'x')))
    expectDiscreet(await errorOf(put(storage, 'patients/jane', pieces(pattern(9 * MIB), MIB))))
    expectDiscreet(await errorOf(stat(storage, 'patients/jane')))
    expectDiscreet(await errorOf(remove(storage, 'patients/jane')))
  })

  it('when there is no server', async () => {
    const storage = server.storage({ credentials, endpoint: 'http://127.0.0.1:9' })
    expectDiscreet(await errorOf(text(storage, 'patients/jane')))
  })

  it('when there are no credentials', async () => {
    const credentials = async (): Promise<never> => {
      throw Object.assign(new Error('sentinel-secret'), { name: 'CredentialsProviderError' })
    }
    const error = await errorOf(text(server.storage({ credentials }), 'patients/jane'))
    expect(error.code).toBe('ACCESS_DENIED')
    expectDiscreet(error)
  })
})

describe.skipIf(own === undefined)('permissions', () => {
  const reader = { accessKeyId: 'reader-key', secretAccessKey: 'reader-secret' }

  it('a missing key is ACCESS_DENIED without the right to list, and the message names it', async () => {
    own?.accounts.set('reader-key', { ...reader, allows: (permission) => permission === 's3:GetObject' })
    const storage = server.storage({ credentials: reader })
    for (const attempt of [() => text(storage, 'absent'), () => stat(storage, 'absent')]) {
      const error = await errorOf(attempt())
      expect(error).toMatchObject({ code: 'ACCESS_DENIED', retryable: false })
      expect(error.message).toContain('s3:ListBucket')
    }
    expect((await errorOf(put(storage, 'key', 'x'))).message).toContain('s3:PutObject')
    expect((await errorOf(remove(storage, 'key'))).message).toContain('s3:DeleteObject')
    expect((await errorOf(entries(storage))).message).toContain('s3:ListBucket')
  })

  it('credentials that expire are asked for anew, once', async () => {
    const now = Date.now()
    own?.accounts.set('old', { accessKeyId: 'old', secretAccessKey: 's', sessionToken: 'o', expiresAt: now })
    own?.accounts.set('new', { accessKeyId: 'new', secretAccessKey: 's', sessionToken: 'n' })
    let asked = 0
    const credentials = async () => {
      asked += 1
      const accessKeyId = asked === 1 ? 'old' : 'new'
      return { accessKeyId, secretAccessKey: 's', sessionToken: accessKeyId.slice(0, 1) }
    }
    const storage = server.storage({ credentials })
    await put(storage, 'key', 'value')
    expect(await text(storage, 'key')).toBe('value')
    expect(asked).toBe(2)
    expect(faults.operations()).toEqual(['PutObject', 'PutObject', 'GetObject'])
  })

  it('credentials that stay expired are ACCESS_DENIED, also of HEAD, which has no code', async () => {
    own?.accounts.set('old', { accessKeyId: 'old', secretAccessKey: 's', sessionToken: 'o', expiresAt: 0 })
    const credentials = { accessKeyId: 'old', secretAccessKey: 's', sessionToken: 'o' }
    const error = await errorOf(text(server.storage({ credentials }), 'key'))
    expect(error).toMatchObject({ code: 'ACCESS_DENIED', retryable: false })
    expect(error.message).toContain('expired')
    expect(faults.count()).toBe(1)
  })

  it('a clock that is wrong is corrected by the answer', async () => {
    const storage = server.storage()
    faults.add({ kind: 'answer', code: 'RequestTimeTooSkewed' }, { operation: 'PutObject' })
    await put(storage, 'key', 'value')
    expect(faults.count('PutObject')).toBe(2)
  })
})
