import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type GcsServer, startGcsServer } from './server.ts'
import { byHand, type Init, md5, OBJECT, related } from './test-kit.ts'

let server: GcsServer
beforeAll(async () => {
  server = await startGcsServer({ pageSize: 3 })
})
afterAll(() => server.close())
beforeEach(() => {
  server.tokens = undefined
  server.store.createBucket('bucket')
  server.takeKinds()
})

const { ask, upload, start, chunk } = byHand(() => server)

describe('multipart uploads', () => {
  test('are stored with all that the service says of an object', async () => {
    const response = await upload('name=a%2Fb', related({ metadata: { k: 'v' } }, 'hello'))
    expect(await response.json()).toMatchObject({
      kind: 'storage#object',
      name: 'a/b',
      bucket: 'bucket',
      size: '5',
      metageneration: '1',
      contentType: 'text/plain',
      crc32c: 'mnG7TA==',
      md5Hash: md5('hello'),
      metadata: { k: 'v' },
      generation: expect.stringMatching(/^\d{16}$/),
    })
    const media = await ask(`${OBJECT}a%2Fb?alt=media`)
    expect(await media.text()).toBe('hello')
    expect(media.headers.get('x-goog-hash')).toBe(`crc32c=mnG7TA==,md5=${md5('hello')}`)
    expect(media.headers.get('x-goog-stored-content-encoding')).toBe('identity')
  })

  test.each([
    ['a wrong md5Hash', 'name=a', related({ md5Hash: md5('other') }, 'hello')],
    ['a wrong crc32c', 'name=a', related({ crc32c: 'AAAAAA==' }, 'hello')],
    ['no name', '', related({}, 'hello')],
    ['two names', 'name=a', related({ name: 'b' }, 'hello')],
    ['a name with a line feed', 'name=a%0Ab', related({}, 'hello')],
    ['a name with a carriage return', 'name=a%0Db', related({}, 'hello')],
    ['the name .', 'name=.', related({}, 'hello')],
    ['the name ..', 'name=..', related({}, 'hello')],
    ['a name below .well-known/acme-challenge/', 'name=.well-known/acme-challenge/x', related({}, 'hello')],
    ['a name of 1,025 bytes', `name=${'%C3%A9'.repeat(512)}x`, related({}, 'hello')],
    ['metadata that is no JSON', 'name=a', related('{', 'hello')],
    ['metadata that is no object', 'name=a', related([], 'hello')],
    ['custom metadata that is no text', 'name=a', related({ metadata: { n: 1 } }, 'hello')],
    ['an unknown storage class', 'name=a', related({ storageClass: 'WARM' }, 'hello')],
    ['a key that is none', 'name=a&kmsKeyName=k', related({}, 'hello')],
    ['a condition that is no number', 'name=a&ifGenerationMatch=x', related({}, 'hello')],
    ['another content type than that of the part', 'name=a', related({ contentType: 'text/html' }, 'hello')],
    ['no closing delimiter', 'name=a', related({}, 'hello', (body) => body.subarray(0, -2))],
    [
      'one part',
      'name=a',
      related({}, '', () => Buffer.from('--xx\r\ncontent-type: application/json\r\n\r\n{}\r\n--xx--')),
    ],
    ['three parts', 'name=a', related({}, 'x\r\n--xx\r\ncontent-type: text/plain\r\n\r\ny')],
    ['no boundary', 'name=a', { ...related({}, 'hello'), headers: { 'content-type': 'multipart/related' } }],
    ['an unknown uploadType', 'name=a&uploadType=other', { method: 'POST', body: '' }],
  ])('%s is 400, and nothing is stored', async (_, query, init) => {
    const path = query.includes('uploadType') ? `/upload/storage/v1/b/bucket/o?${query}` : undefined
    const response = await (path === undefined ? upload(query, init) : ask(path, init))
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 400, errors: [{ domain: 'global' }] } })
    expect(server.store.bucket('bucket').objects.size).toBe(0)
  })

  test('a name of 1,024 bytes is fine', async () => {
    expect((await upload(`name=${'%C3%A9'.repeat(512)}`, related({}, ''))).status).toBe(200)
  })

  test('a missing bucket is 404 by its message', async () => {
    const response = await ask('/upload/storage/v1/b/none/o?uploadType=multipart&name=a', related({}, 'x'))
    expect(response.status).toBe(404)
    expect(await response.text()).toContain('The specified bucket does not exist.')
  })
})

describe('conditions', () => {
  test.each(['multipart', 'resumable'])('of 20 creators with %s uploads exactly one wins', async (kind) => {
    const attempt = async (): Promise<number> => {
      if (kind === 'multipart') return (await upload('name=r&ifGenerationMatch=0', related({}, 'x'))).status
      const place = await start('name=r&ifGenerationMatch=0')
      return (await chunk(place, 'bytes 0-0/1', new Uint8Array(1))).status
    }
    // All sessions are open before the first one ends, else they are refused at the start.
    const gate =
      kind === 'multipart'
        ? []
        : await Promise.all(Array.from({ length: 20 }, () => start('name=r&ifGenerationMatch=0')))
    const statuses =
      kind === 'multipart'
        ? await Promise.all(Array.from({ length: 20 }, attempt))
        : await Promise.all(gate.map(async (place) => (await chunk(place, 'bytes 0-0/1', new Uint8Array(1))).status))
    expect(statuses.toSorted()).toEqual([200, ...Array.from({ length: 19 }, () => 412)])
  })

  test('of get, delete and patch', async () => {
    const { generation } = (await (await upload('name=a', related({}, 'x'))).json()) as { generation: string }
    const status = async (query: string, init?: Init): Promise<number> =>
      (await ask(`${OBJECT}a?${query}`, init)).status
    expect(await status(`ifGenerationNotMatch=${generation}`)).toBe(304)
    expect(await status(`alt=media&ifGenerationNotMatch=${generation}`)).toBe(304)
    expect(await status('ifGenerationMatch=5')).toBe(412)
    expect(await status('alt=media&ifGenerationMatch=5')).toBe(412)
    expect(await status('ifGenerationMatch=5', { method: 'DELETE' })).toBe(412)
    expect(await status('ifMetagenerationMatch=2', { method: 'PATCH', body: '{}' })).toBe(412)
    expect(await status('ifMetagenerationMatch=1', { method: 'PATCH', body: '{"metadata":{"a":"b"}}' })).toBe(200)
    expect(await status(`ifGenerationMatch=${generation}`, { method: 'DELETE' })).toBe(204)
    expect(await status('', { method: 'DELETE' })).toBe(404)
  })

  test('an object that is missing fails ifGenerationMatch of a write', async () => {
    expect((await upload('name=a&ifGenerationMatch=5', related({}, 'x'))).status).toBe(412)
  })
})

describe('reading', () => {
  beforeEach(async () => void (await upload('name=a', related({}, '0123456789'))))

  test.each([
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=3-', 206, '3456789', 'bytes 3-9/10'],
    ['bytes=10-', 416, undefined, 'bytes */10'],
    ['bytes=-0', 416, undefined, 'bytes */10'],
    ['lines=1-2', 200, '0123456789', null],
  ])('%s is %i', async (range, status, text, contentRange) => {
    const response = await ask(`${OBJECT}a?alt=media`, { headers: { range } })
    expect([response.status, response.headers.get('content-range')]).toEqual([status, contentRange])
    if (text !== undefined) expect(await response.text()).toBe(text)
  })

  test('an absent object: JSON for metadata, text for bytes', async () => {
    expect(await (await ask(`${OBJECT}none`)).json()).toMatchObject({
      error: { message: 'No such object: bucket/none' },
    })
    expect(await (await ask(`${OBJECT}none?alt=media`)).text()).toBe('No such object: bucket/none')
    expect((await ask('/storage/v2/b/bucket/o/a')).status).toBe(404)
  })

  test('fields leaves what it names', async () => {
    expect(await (await ask(`${OBJECT}a?fields=size,name`)).json()).toEqual({ size: '10', name: 'a' })
    expect((await ask(`${OBJECT}a?fields=size(`)).status).toBe(400)
  })
})

describe('listing', () => {
  const page = async (
    query: string,
  ): Promise<{ items?: { name: string }[]; prefixes?: string[]; nextPageToken?: string }> =>
    (await (await ask(`/storage/v1/b/bucket/o?${query}`)).json()) as never

  test('pages, in the order of UTF-8 bytes, by prefix, startOffset, endOffset and delimiter', async () => {
    const names = ['a', 'a/1', 'a/2', 'b', 'c/1', 'c/2', '\uff5e', '\u{1f600}']
    for (const name of names.toReversed()) await upload(`name=${encodeURIComponent(name)}`, related({}, ''))
    const seen: string[] = []
    let token = ''
    do {
      const { items = [], nextPageToken = '' } = await page(token && `pageToken=${token}`)
      expect(items.length).toBeLessThanOrEqual(3)
      seen.push(...items.map(({ name }) => name))
      token = nextPageToken
    } while (token !== '')
    expect(seen).toEqual(names)
    const listed = async (query: string): Promise<unknown> => (await page(query)).items?.map(({ name }) => name)
    expect(await listed('prefix=a%2F')).toEqual(['a/1', 'a/2'])
    expect(await listed('startOffset=b&endOffset=c%2F2')).toEqual(['b', 'c/1'])
    expect(await listed('maxResults=1')).toEqual(['a'])
    expect(await page('delimiter=%2F')).toMatchObject({ items: [{ name: 'a' }, { name: 'b' }], prefixes: ['a/'] })
    expect((await ask('/storage/v1/b/bucket/o?maxResults=0')).status).toBe(400)
    expect((await ask('/storage/v1/b/bucket/o?pageToken=%21')).status).toBe(400)
  })
})

test('tokens: none and a wrong one are 401, for everything but sessions', async () => {
  server.tokens = new Set(['good'])
  const status = async (authorization?: string): Promise<number> =>
    (await ask('/storage/v1/b/bucket/o', { headers: authorization === undefined ? {} : { authorization } })).status
  expect([await status(), await status('Bearer bad'), await status('Basic good'), await status('Bearer good')]).toEqual(
    [401, 401, 401, 200],
  )
})

test('requester pays: 400 without a project', async () => {
  server.store.createBucket('paid', true)
  expect((await ask('/storage/v1/b/paid/o')).status).toBe(400)
  expect((await ask('/storage/v1/b/paid/o?userProject=p')).status).toBe(200)
})

test('names are taken from the raw URL', async () => {
  for (const name of ['a%2Fb', 'a/b', 'a b+c', '../x', '//', 'q?x#y', '\u{1f600}']) {
    await upload(`name=${encodeURIComponent(name)}`, related({}, name))
    // fetch would normalise the path.
    const text = await new Promise((resolve, reject) => {
      const { port } = new URL(server.url)
      const path = `${OBJECT}${encodeURIComponent(name)}?alt=media`
      httpRequest({ port, host: '127.0.0.1', path }, (response) => response.on('data', (data) => resolve(String(data))))
        .on('error', reject)
        .end()
    })
    expect(text).toBe(name)
  }
})
