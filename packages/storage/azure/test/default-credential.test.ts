import { afterEach, describe, expect, it, vi } from 'vitest'
import { azureStorage } from '../src/index.ts'
import { errorOf, get } from './support.ts'

const getToken = vi.hoisted(() => vi.fn())
vi.mock('@azure/identity', () => ({
  DefaultAzureCredential: class {
    readonly getToken = getToken
  },
}))
afterEach(() => vi.clearAllMocks())

describe('the default credential chain', () => {
  it.each([
    ['an account alone', { accountName: 'nobody' }],
    [
      'D041-AZ: a connection string without key or signature',
      { connectionString: 'DefaultEndpointsProtocol=https;AccountName=nobody;EndpointSuffix=core.windows.net' },
    ],
    ['one with a BlobEndpoint alone', { connectionString: 'BlobEndpoint=https://nobody.blob.core.windows.net/' }],
  ])('%s', async (_, options) => {
    getToken.mockRejectedValue(Object.assign(new Error('no'), { name: 'CredentialUnavailableError' }))
    const storage = azureStorage({ ...options, container: 'results', retry: false })
    expect(storage.uri).toBe('https://nobody.blob.core.windows.net/results')
    expect(getToken).not.toHaveBeenCalled()
    expect(await errorOf(get(storage, 'a'))).toMatchObject({ code: 'ACCESS_DENIED' })
    expect(getToken.mock.calls[0]?.[0]).toEqual(['https://storage.azure.com/.default'])
  })

  it('sends no token to an http: endpoint', () => {
    const connectionString = 'BlobEndpoint=http://127.0.0.1:10000/nobody'
    expect(() => azureStorage({ connectionString, container: 'results' })).toThrow(/https: alone/)
  })
})
