import type { ResultStorage } from '@resultkit/core'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type S3ServerOptions, startS3Server, TEST_ACCOUNT } from '../../../../test-fixtures/servers/s3/index.ts'
import { s3Storage } from '../src/index.ts'
import { errorOf, MIB, newPrefix, pattern, pieces, put, remove, stat, text } from './support.ts'

type Forms = NonNullable<S3ServerOptions['etagForms']>

const LOGIN = { accessKeyId: TEST_ACCOUNT.accessKeyId, secretAccessKey: TEST_ACCOUNT.secretAccessKey }
const both = await startS3Server()
const quoted = await startS3Server({ etagForms: 'quoted' })
const bare = await startS3Server({ etagForms: 'bare' })
const servers = { both, quoted, bare }
afterAll(() => Promise.all(Object.values(servers).map((server) => server.close())))
afterEach(() => {
  for (const { faults } of Object.values(servers)) faults.clear()
})

function storageOn(forms: Forms): ResultStorage {
  const retry = { sleep: async () => {} }
  const place = { bucket: 'results', prefix: newPrefix(), endpoint: servers[forms].url, partSize: 5 * MIB }
  return s3Storage({ ...place, region: 'us-east-1', credentials: LOGIN, retry })
}

async function requestsOf(forms: Forms, work: () => Promise<unknown>): Promise<string> {
  servers[forms].faults.clearLog()
  await work()
  return servers[forms].faults.operations().join(' ')
}

const ids = (function* () {
  for (let i = 0; ; i++) yield `id-${i}`
})()
const write = (storage: ResultStorage, body: string, ifMatch?: string) =>
  put(storage, 'key', body, { writeId: ids.next().value ?? '', ...(ifMatch !== undefined && { ifMatch }) })
const conflict = (work: Promise<unknown>): Promise<void> =>
  errorOf(work).then(({ code }) => expect(code).toBe('PRECONDITION_FAILED'))

describe.each(['both', 'quoted'] as const)('a server that takes quoted ETags (%s)', (forms) => {
  it('is asked once; only a conflict before the first success costs a HEAD', async () => {
    const storage = storageOn(forms)
    const { etag } = await write(storage, 'one')
    expect(await requestsOf(forms, () => conflict(write(storage, 'x', 'stale')))).toBe('PutObject HeadObject')
    expect(await requestsOf(forms, () => conflict(remove(storage, 'key', { ifMatch: 'stale' })))).toBe(
      'DeleteObject HeadObject',
    )
    expect(await requestsOf(forms, () => write(storage, 'two', etag))).toBe('PutObject')
    expect(await requestsOf(forms, () => conflict(write(storage, 'x', etag)))).toBe('PutObject')
    expect(await requestsOf(forms, () => conflict(remove(storage, 'key', { ifMatch: etag })))).toBe('DeleteObject')
    expect(await text(storage, 'key')).toBe('two')
  })
})

describe('a server that takes bare ETags alone', () => {
  it('is found out by the first write, and asked once from then on', async () => {
    const storage = storageOn('bare')
    const one = await write(storage, 'one')
    let two = one
    const first = async (): Promise<void> => {
      two = await write(storage, 'two', one.etag)
    }
    expect(await requestsOf('bare', first)).toBe('PutObject HeadObject PutObject')
    expect(await requestsOf('bare', () => conflict(write(storage, 'x', one.etag)))).toBe('PutObject')
    expect(await requestsOf('bare', () => conflict(remove(storage, 'key', { ifMatch: one.etag })))).toBe('DeleteObject')
    expect(await requestsOf('bare', () => remove(storage, 'key', { ifMatch: two.etag }))).toBe('DeleteObject')
    expect(await stat(storage, 'key')).toBeUndefined()
  })

  it('is found out by the first delete', async () => {
    const storage = storageOn('bare')
    const { etag } = await write(storage, 'one')
    const remover = () => remove(storage, 'key', { ifMatch: etag })
    expect(await requestsOf('bare', remover)).toBe('DeleteObject HeadObject DeleteObject')
    expect(await stat(storage, 'key')).toBeUndefined()
  })

  it('is found out by the request that completes an upload', async () => {
    const storage = storageOn('bare')
    const { etag } = await write(storage, 'one')
    const all = pattern(5 * MIB + 1)
    const work = () => put(storage, 'key', pieces(all, MIB), { ifMatch: etag, writeId: 'upload' })
    expect(await requestsOf('bare', work)).toMatch(/CompleteMultipartUpload HeadObject CompleteMultipartUpload$/)
    expect(await stat(storage, 'key')).toMatchObject({ size: all.length, writeId: 'upload' })
    expect(servers.bare.buckets.get('results')?.uploads.size).toBe(0)
  })

  it('a stale ETag stays a conflict, and one that is no ETag matches nothing', async () => {
    const storage = storageOn('bare')
    const { etag } = await write(storage, 'one')
    await conflict(write(storage, 'x', 'stale'))
    await write(storage, 'two', etag)
    for (const odd of ['*', `${etag}, *`, '', 'a\nb', 'é']) await conflict(write(storage, 'x', odd))
    expect(await text(storage, 'key')).toBe('two')
  })

  it('of 20 writers with one ETag one wins, though none knows the form', async () => {
    const storage = storageOn('bare')
    const { etag } = await write(storage, 'start')
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => write(storage, `${i}`, etag)))
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await text(storage, 'key')).toBe(`${attempts.findIndex(({ status }) => status === 'fulfilled')}`)
  })

  it.each([pieces(new TextEncoder().encode('mine'), 2), 'mine'])(
    'an answer that is lost is its own (%#)',
    async (body) => {
      const storage = storageOn('bare')
      const { etag } = await write(storage, 'old')
      servers.bare.faults.add({ kind: 'drop-answer' }, { operation: 'PutObject', skip: 1 })
      const { writeId } = await put(storage, 'key', body, { ifMatch: etag, writeId: 'mine' })
      expect(await stat(storage, 'key')).toMatchObject({ writeId })
      expect(await text(storage, 'key')).toBe('mine')
    },
  )

  it('an outage of the HEAD is no conflict', async () => {
    const storage = storageOn('bare')
    const { etag } = await write(storage, 'old')
    servers.bare.faults.add({ kind: 'answer', code: 'SlowDown' }, { operation: 'HeadObject', times: 100 })
    expect(await errorOf(write(storage, 'new', etag))).toMatchObject({ code: 'UNAVAILABLE' })
    servers.bare.faults.clear()
    servers.bare.faults.add({ kind: 'answer', code: 'SlowDown' }, { operation: 'HeadObject' })
    await write(storage, 'new', etag)
    expect(await text(storage, 'key')).toBe('new')
  })
})

it('who may not look at the object is left with the conflict', async () => {
  const account = { accessKeyId: 'writer', secretAccessKey: 's', allows: (name: string) => name === 's3:PutObject' }
  both.accounts.set('writer', account)
  const { url: endpoint } = both
  const credentials = { accessKeyId: 'writer', secretAccessKey: 's' }
  const storage = s3Storage({ bucket: 'results', prefix: newPrefix(), endpoint, region: 'us-east-1', credentials })
  await write(storage, 'one')
  await conflict(write(storage, 'two', 'stale'))
})
