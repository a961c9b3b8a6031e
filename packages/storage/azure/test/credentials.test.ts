import {
  BlobSASPermissions,
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { azureStorage } from '../src/index.ts'
import { type Account, entries, errorOf, get, openAccount, put, streamOf, text } from './support.ts'

let account: Account
let endpoint: string

beforeAll(async () => {
  account = await openAccount()
  endpoint = account.client.url.slice(0, account.client.url.lastIndexOf('/'))
})
afterAll(() => account.close())

function sign(expiresOn: Date, permissions = 'racwdl', blobName?: string): string {
  const { credential } = account.client
  if (!(credential instanceof StorageSharedKeyCredential)) throw new Error('The account has no key.')
  const values = { containerName: account.container, expiresOn, startsOn: new Date(0), ...(blobName && { blobName }) }
  const parsed = blobName ? BlobSASPermissions.parse(permissions) : ContainerSASPermissions.parse(permissions)
  return generateBlobSASQueryParameters({ ...values, permissions: parsed }, credential).toString()
}
const later = (): Date => new Date(Date.now() + 3_600_000)
const before = (): Date => new Date(Date.now() - 60_000)

describe('a shared access signature', () => {
  it('in a URL, of the container or with the container beside it', async () => {
    const { prefix } = account.fresh()
    const sasUrl = `${account.client.url}?${sign(later())}`
    for (const options of [{ sasUrl }, { sasUrl: sasUrl.replace(`/${account.container}`, '/'), ...container() }]) {
      const storage = azureStorage({ ...options, prefix })
      await put(storage, 'a', 'signed')
      expect(await text(storage, 'a')).toBe('signed')
      expect(storage.uri).toBe(`${account.client.url}/${prefix}`)
    }
  })

  it('that does not permit the operation is ACCESS_DENIED', async () => {
    const { prefix } = account.fresh()
    const storage = azureStorage({ endpoint, ...container(), prefix, sasToken: sign(later(), 'r') })
    expect((await errorOf(put(storage, 'a', 'x'))).code).toBe('ACCESS_DENIED')
    expect((await errorOf(entries(storage))).code).toBe('ACCESS_DENIED')
    expect(await text(storage, 'a')).toBe(undefined)
  })

  it('that has expired is ACCESS_DENIED', async () => {
    const storage = azureStorage({ endpoint, ...container(), sasToken: sign(before()) })
    expect((await errorOf(get(storage, 'a'))).code).toBe('ACCESS_DENIED')
  })

  it('of a function is asked for once, and again a minute before its end', async () => {
    const tokens = [sign(new Date(Date.now() + 30_000)), sign(later())]
    const sasToken = vi.fn(async () => `?${tokens.shift()}`)
    const storage = azureStorage({ endpoint, ...container(), prefix: account.fresh().prefix, sasToken })
    for (let i = 0; i < 3; i++) await put(storage, 'a', 'x')
    expect(sasToken).toHaveBeenCalledTimes(2)
  })

  it('that was refused is replaced in the middle of everything, once', async () => {
    const bad = sign(later()).replace(/sig=[^&]*/, `sig=${encodeURIComponent(Buffer.alloc(32).toString('base64'))}`)
    let good = true
    const sasToken = vi.fn(() => (good ? sign(later()) : bad))
    const options = { endpoint, ...container(), prefix: account.fresh().prefix, sasToken, partSize: 1000 }
    for (const attempt of [
      (storage: ReturnType<typeof azureStorage>) => put(storage, 'a', 'x'),
      (storage: ReturnType<typeof azureStorage>) => put(storage, 'a', streamOf(5000)),
      (storage: ReturnType<typeof azureStorage>) => get(storage, 'a'),
      (storage: ReturnType<typeof azureStorage>) => entries(storage),
    ]) {
      good = false
      sasToken.mockClear()
      const storage = azureStorage(options)
      await errorOf(get(storage, 'a'))
      expect(sasToken).toHaveBeenCalledTimes(2)
      good = true
      await attempt(storage)
      expect(sasToken).toHaveBeenCalledTimes(3)
    }
  })

  function container(): { readonly container: string } {
    return { container: account.container }
  }
})

it('a client of a service or a container can be passed in', async () => {
  const { prefix } = account.fresh()
  const service = BlobServiceClient.fromConnectionString(account.connectionString)
  const storage = azureStorage({ client: service, container: account.container, prefix })
  await put(storage, 'a', 'client')
  expect(await text(azureStorage({ client: account.client, prefix }), 'a')).toBe('client')
  expect(() => azureStorage({ client: account.client, container: 'another' })).toThrow(/another container/)
  expect(() => azureStorage({ client: service })).toThrow(/no container/)
})

it('a shared key may be given as the SDK has it', async () => {
  const { prefix } = account.fresh()
  const { credential } = account.client
  if (!(credential instanceof StorageSharedKeyCredential)) throw new Error('The account has no key.')
  const storage = azureStorage({ endpoint, container: account.container, prefix, credential })
  await put(storage, 'a', 'shared key')
  expect(await text(storage, 'a')).toBe('shared key')
  expect(() => azureStorage({ endpoint, container: account.container, credential: {} as never })).toThrow(/getToken/)
})

it('a token credential is asked for a token when there is need for one, and its failure is typed', async () => {
  const getToken = vi.fn(async () => {
    throw Object.assign(new Error('secret tenant'), { name: 'CredentialUnavailableError' })
  })
  const storage = azureStorage({
    accountName: 'nobody',
    container: 'results',
    credential: { getToken },
    retry: false,
  })
  expect(getToken).not.toHaveBeenCalled()
  const error = await errorOf(get(storage, 'a'))
  expect([error.code, error.retryable]).toEqual(['ACCESS_DENIED', false])
  expect(error.message).not.toContain('secret tenant')
  expect(getToken).toHaveBeenCalled()
})
