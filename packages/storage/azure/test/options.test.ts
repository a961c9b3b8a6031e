import { createHash } from 'node:crypto'
import { isResultError, parseKey } from '@resultkit/core'
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { type AzureStorageOptions, azureResult, azureStorage } from '../src/index.ts'

const KEY = Buffer.alloc(32, 7)
const SHA256 = createHash('sha256').update(KEY).digest('base64')

afterEach(() => {
  vi.unstubAllEnvs()
})

function problem(options: AzureStorageOptions): string {
  try {
    azureStorage(options)
  } catch (error) {
    if (isResultError(error) && error.code === 'CONFIG') return error.message
    throw error
  }
  return 'no problem'
}

describe('the way to Azure', () => {
  it.each<[AzureStorageOptions, string]>([
    [{ accountName: 'lab', container: 'results' }, 'https://lab.blob.core.windows.net/results'],
    [{ accountName: 'lab', container: 'results', prefix: 'a/b/' }, 'https://lab.blob.core.windows.net/results/a/b'],
    [{ accountName: 'lab', accountKey: 'a2V5', container: 'results' }, 'https://lab.blob.core.windows.net/results'],
    [{ endpoint: 'https://blobs.example/lab/', container: 'results' }, 'https://blobs.example/lab/results'],
    [{ sasUrl: 'https://lab.blob.core.windows.net/results?sig=x' }, 'https://lab.blob.core.windows.net/results'],
    [
      { sasUrl: 'https://lab.blob.core.windows.net/?sig=x', container: 'results' },
      'https://lab.blob.core.windows.net/results',
    ],
    [
      {
        connectionString: 'AccountName=lab;AccountKey=a2V5;EndpointSuffix=core.chinacloudapi.cn',
        container: 'results',
      },
      'https://lab.blob.core.chinacloudapi.cn/results',
    ],
    [
      { connectionString: 'UseDevelopmentStorage=true', container: 'results' },
      'http://127.0.0.1:10000/devstoreaccount1/results',
    ],
  ])('%j is %s', (options, uri) => {
    expect(azureStorage(options).uri).toBe(uri)
  })

  it('is in the environment when no option says one', () => {
    vi.stubEnv('AZURE_STORAGE_CONNECTION_STRING', 'AccountName=env;AccountKey=a2V5')
    expect(azureStorage({ container: 'results' }).uri).toBe('https://env.blob.core.windows.net/results')
    expect(azureStorage({ accountName: 'lab', container: 'results' }).uri).toContain('//lab.')
  })

  it('is CONFIG when there is none, and says which there are', () => {
    vi.stubEnv('AZURE_STORAGE_CONNECTION_STRING', '')
    const message = problem({ container: 'results' })
    for (const way of ['client', 'connectionString', 'AZURE_STORAGE_CONNECTION_STRING', 'sasUrl', 'accountName'])
      expect(message).toContain(way)
  })

  it.each<[string, AzureStorageOptions]>([
    ['two ways', { connectionString: 'AccountName=lab', sasUrl: 'https://x/y', container: 'results' }],
    ['an account beside a connection string', { connectionString: 'AccountName=lab', accountName: 'lab' }],
    ['no container', { accountName: 'lab' }],
    ['a wrong container', { accountName: 'lab', container: 'Results' }],
    ['a container that is a path', { accountName: 'lab', container: 'a/b' }],
    ['a key without a name', { endpoint: 'https://x', accountKey: 'secret', container: 'results' }],
    ['an endpoint that is no URL', { endpoint: 'secret', container: 'results' }],
    ['a URL with a password', { endpoint: 'https://me:secret@x', container: 'results' }],
    ['tokens over http', { endpoint: 'http://x', container: 'results' }],
    ['a connection string without an account', { connectionString: 'secret', container: 'results' }],
    ['a prefix that leaves the container', { accountName: 'lab', container: 'results', prefix: '../secret' }],
    ['a prefix with a slash at its start', { accountName: 'lab', container: 'results', prefix: '/secret' }],
    ['partSize 0', { accountName: 'lab', container: 'results', partSize: 0 }],
    ['a negative sizeHint', { accountName: 'lab', container: 'results', sizeHint: -1 }],
    ['a fraction', { accountName: 'lab', container: 'results', concurrency: 1.5 }],
    ['a page of 5,001', { accountName: 'lab', container: 'results', pageSize: 5001 }],
    ['the archive', { accountName: 'lab', container: 'results', accessTier: 'Archive' as never }],
    ['retries that are none', { accountName: 'lab', container: 'results', retry: { attempts: 0 } }],
    [
      'a key that is not its digest',
      {
        accountName: 'lab',
        container: 'results',
        customerProvidedKey: { encryptionKey: 'secret', encryptionKeySha256: SHA256 },
      },
    ],
  ])('CONFIG without the value: %s', (_, options) => {
    const message = problem(options)
    expect(message).toMatch(/^(azureStorage|retry) was given /)
    expect(message).not.toContain('secret')
  })

  it('says what to give instead of tokens over http', () => {
    expect(problem({ endpoint: 'http://127.0.0.1:10000', container: 'results' })).toContain(
      'an accountKey or a sasToken',
    )
  })

  it('takes a key of 32 bytes, over https alone', () => {
    const customerProvidedKey = { encryptionKey: KEY.toString('base64'), encryptionKeySha256: SHA256 }
    expect(problem({ accountName: 'lab', container: 'results', customerProvidedKey })).toBe('no problem')
    const http = { endpoint: 'http://x', accountName: 'lab', accountKey: 'a2V5', container: 'results' }
    expect(problem({ ...http, customerProvidedKey })).toContain('https')
    expect(problem({ accountName: 'lab', container: 'results', customerProvidedKey, encryptionScope: 'x' })).toContain(
      'both',
    )
  })
})

describe('keys', () => {
  it('may be as long as the prefix leaves room for', () => {
    const options = { accountName: 'lab', container: 'results' }
    expect(azureStorage(options).capabilities.maxKeyBytes).toBe(1024)
    expect(azureStorage({ ...options, prefix: 'abc' }).capabilities.maxKeyBytes).toBe(1020)
  })

  it('are INVALID_KEY without a request when their names are too long', async () => {
    const storage = azureStorage({ endpoint: 'https://127.0.0.1:9', container: 'results' })
    const error = await storage
      .stat(parseKey(' '.repeat(500)), { signal: undefined })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'INVALID_KEY', key: ' '.repeat(500) })
  })
})

it('azureResult infers as every other Result', () => {
  const place = { accountName: 'lab', container: 'results' }
  const scores = azureResult({
    ...place,
    location: 'scores/{date:yyyy-MM-dd}/{user}.json',
    validators: [(value: number[]) => value.length > 0],
  })
  expectTypeOf(scores.write).parameter(0).toEqualTypeOf<number[]>()
  expectTypeOf(scores.read).returns.resolves.toEqualTypeOf<number[]>()
  // @ts-expect-error a parameter is missing
  expect(() => scores.format({ user: 'ada' })).toBeTypeOf('function')
  // @ts-expect-error options are closed
  expect(() => azureResult({ ...place, bucket: 'x' })).toBeTypeOf('function')
})
