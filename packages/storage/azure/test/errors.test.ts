import { inspect } from 'node:util'
import type { ResultErrorCode } from '@resultkit/core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type AzureStorageOptions, azureStorage } from '../src/index.ts'
import { type Scripted, type ScriptedProxy, startScriptedProxy } from './scripted-proxy.ts'
import { type Account, entries, errorOf, get, openAccount, put, remove, stat, streamOf, text } from './support.ts'

let account: Account
let proxy: ScriptedProxy

beforeAll(async () => {
  account = await openAccount(true)
  proxy = await startScriptedProxy(account.azurite?.port ?? 0)
})
afterEach(() => {
  proxy.seen.length = 0
})
afterAll(async () => {
  await proxy.close()
  await account.close()
})

function options(more: AzureStorageOptions = {}): AzureStorageOptions {
  const connectionString = account.azurite?.connectionString(proxy.port)
  return { ...account.fresh(), connectionString, retry: false, ...more }
}

const ATTEMPTS = {
  read: (s: ReturnType<typeof azureStorage>) => get(s, 'jane-doe'),
  write: (s: ReturnType<typeof azureStorage>) => put(s, 'jane-doe', 'x'),
  'conditional write': (s: ReturnType<typeof azureStorage>) => put(s, 'jane-doe', 'x', { ifAbsent: true }),
  'block write': (s: ReturnType<typeof azureStorage>) => put(s, 'jane-doe', streamOf(100_000)),
  stat: (s: ReturnType<typeof azureStorage>) => stat(s, 'jane-doe'),
  delete: (s: ReturnType<typeof azureStorage>) => remove(s, 'jane-doe'),
  list: (s: ReturnType<typeof azureStorage>) => entries(s),
} as const

const ANSWERS: readonly (readonly [Scripted, ResultErrorCode, boolean])[] = [
  [{ status: 503, code: 'ServerBusy' }, 'UNAVAILABLE', true],
  [{ status: 429, code: 'TooManyRequests' }, 'UNAVAILABLE', true],
  [{ status: 500, code: 'InternalError' }, 'UNAVAILABLE', true],
  [{ status: 500, code: 'OperationTimedOut' }, 'TIMEOUT', true],
  [{ status: 504, body: 'a gateway' }, 'TIMEOUT', true],
  [{ status: 502, body: '<html>' }, 'UNAVAILABLE', true],
  [{ status: 403, code: 'AuthorizationPermissionMismatch' }, 'ACCESS_DENIED', false],
  [{ status: 403, code: 'AuthenticationFailed' }, 'ACCESS_DENIED', false],
  [{ status: 401, code: 'NoAuthenticationInformation' }, 'ACCESS_DENIED', false],
  [{ status: 404, code: 'ContainerNotFound' }, 'CONFIG', false],
  [{ status: 404, body: '<html>not here</html>' }, 'CONFIG', false],
  [{ status: 409, code: 'ContainerBeingDeleted' }, 'UNAVAILABLE', true],
  [{ status: 409, code: 'BlobArchived' }, 'UNAVAILABLE', false],
  [{ status: 409, code: 'BlobImmutableDueToPolicy' }, 'ACCESS_DENIED', false],
  [{ status: 409, code: 'SnapshotsPresent' }, 'UNAVAILABLE', false],
  [{ status: 409, code: 'BlobUsesCustomerSpecifiedEncryption' }, 'ACCESS_DENIED', false],
  [{ status: 412, code: 'LeaseIdMissing' }, 'UNAVAILABLE', false],
  [{ status: 400, code: 'InvalidHeaderValue' }, 'CONFIG', false],
  [{ status: 400, code: 'InvalidUri' }, 'INVALID_KEY', false],
  [{ status: 400, code: 'Md5Mismatch' }, 'UNAVAILABLE', true],
]

describe.each(ANSWERS)('the answer %j is %s', (answer, code, retryable) => {
  it.each(Object.entries(ATTEMPTS))('for %s', async (operation, attempt) => {
    const storage = azureStorage(options({ partSize: 64 * 1024, concurrency: 1 }))
    proxy.answer(answer)
    const error = await errorOf(attempt(storage))
    expect([error.code, error.retryable]).toEqual([code, retryable])
    expect(error.storage).toBe(storage.uri)
    expect(error.cause).toMatchObject({ statusCode: answer.status })
    if (operation !== 'list') expect(error.key).toBe('jane-doe')
  })
})

it.each(['read', 'list'] as const)("a page that is not Azure's says where to look, for %s", async (operation) => {
  proxy.answer({ status: 200, body: '<html>welcome</html>' })
  const error = await errorOf(ATTEMPTS[operation](azureStorage(options())))
  expect([error.code, error.retryable]).toEqual(['CONFIG', false])
  expect(error.message).toContain('not one of Azure')
  expect(error.cause).toBeInstanceOf(Error)
})

it('a busy service is asked again', async () => {
  const open = () => azureStorage(options({ retry: { minDelay: 1 }, partSize: 64 * 1024, concurrency: 1 }))
  const busy = { status: 503, code: 'ServerBusy' }
  for (const attempt of Object.values(ATTEMPTS)) {
    proxy.answer(busy, busy)
    await attempt(open())
  }
  proxy.answer(busy, busy, busy)
  const error = await errorOf(get(open(), 'jane-doe'))
  expect([error.code, error.retryable]).toEqual(['UNAVAILABLE', false])
})

it('a blob of another kind of write lock is not a version conflict', async () => {
  const opts = options()
  const storage = azureStorage(opts)
  await put(storage, 'a', 'x')
  const lease = account.client.getBlobClient(`${opts.prefix}/a`).getBlobLeaseClient()
  await lease.acquireLease(15)
  expect((await errorOf(put(storage, 'a', 'y'))).code).toBe('UNAVAILABLE')
  expect((await errorOf(remove(storage, 'a'))).code).toBe('UNAVAILABLE')
  await lease.releaseLease()
})

describe('errors print nothing secret', () => {
  const KEY = 'c2VjcmV0LWtleS1vZi1qYW5lLWRvZQ=='

  function printed(error: unknown): string {
    return [
      String(error),
      inspect(error, { depth: 9, showHidden: true }),
      JSON.stringify(error),
      (error as Error).stack,
    ].join(' ')
  }

  it('of a key, a signature or a URL, whatever fails', async () => {
    const endpoint = `http://127.0.0.1:${proxy.port}/devstoreaccount1`
    const ways: AzureStorageOptions[] = [
      { accountName: 'devstoreaccount1', accountKey: KEY, endpoint, container: account.container },
      { sasUrl: `${endpoint}/${account.container}?sv=2020-08-04&sig=top-secret&sp=r&sr=c` },
      { endpoint, container: account.container, sasToken: async () => 'sv=2020-08-04&sig=top-secret&sp=r&sr=c' },
    ]
    for (const way of ways) {
      const storage = azureStorage({ ...way, prefix: 'hidden-prefix', retry: false })
      expect(storage.uri).toBe(`${endpoint}/${account.container}/hidden-prefix`)
      for (const attempt of Object.values(ATTEMPTS)) {
        const error = await errorOf(attempt(storage))
        expect(error.code).toBe('ACCESS_DENIED')
        expect(printed(error)).not.toMatch(/top-secret|jane-doe|c2Vjcm|hidden-prefix|127\.0\.0\.1|SharedKey/)
      }
    }
  })

  it('when the function that gives signatures fails', async () => {
    const endpoint = `http://127.0.0.1:${proxy.port}/devstoreaccount1`
    const sasToken = (): never => {
      throw new Error('no token: top-secret')
    }
    const storage = azureStorage({ endpoint, container: account.container, sasToken, retry: false })
    const error = await errorOf(get(storage, 'a'))
    expect([error.code, error.retryable]).toEqual(['UNAVAILABLE', true])
    expect(error.cause).toMatchObject({ message: 'no token: top-secret' })
    expect(printed(error)).not.toContain('top-secret')
  })
})

it('a body that throws is not an error of the storage', async () => {
  const storage = azureStorage(options({ partSize: 1000 }))
  const mine = { my: 'own' }
  for (const at of [0, 500, 5000]) {
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield* streamOf(at)()
      throw mine
    }
    await expect(put(storage, 'a', body)).rejects.toBe(mine)
    await expect(
      put(storage, 'a', () => {
        throw mine
      }),
    ).rejects.toBe(mine)
  }
  expect(await text(storage, 'a')).toBe(undefined)
})
