import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type GcsServer, startGcsServer } from './server.ts'
import { CHUNK_UNIT } from './session.ts'
import { byHand, OBJECT, sum } from './test-kit.ts'

let server: GcsServer
beforeAll(async () => {
  server = await startGcsServer()
})
afterAll(() => server.close())
beforeEach(() => void server.store.createBucket('bucket'))

const { ask, start, chunk } = byHand(() => server)
const ONE = new Uint8Array(CHUNK_UNIT).fill(1)

describe('resumable uploads', () => {
  test('keep chunks, tell how far they are, and publish at the end', async () => {
    const place = await start('name=big')
    const first = await chunk(place, `bytes 0-${CHUNK_UNIT - 1}/*`, ONE)
    expect([first.status, first.headers.get('range')]).toEqual([308, `bytes=0-${CHUNK_UNIT - 1}`])
    const query = await chunk(place, 'bytes */*', new Uint8Array(0))
    expect([query.status, query.headers.get('range')]).toEqual([308, `bytes=0-${CHUNK_UNIT - 1}`])
    expect((await ask(`${OBJECT}big`)).status).toBe(404)
    const last = await chunk(place, `bytes ${CHUNK_UNIT}-${CHUNK_UNIT + 1}/${CHUNK_UNIT + 2}`, new Uint8Array(2))
    expect(await last.json()).toMatchObject({ size: String(CHUNK_UNIT + 2) })
    const again = await chunk(place, 'bytes */*', new Uint8Array(0))
    expect(await again.json()).toMatchObject({ name: 'big' })
  })

  test('give no range before anything is kept', async () => {
    const query = await chunk(await start('name=big'), 'bytes */*', new Uint8Array(0))
    expect([query.status, query.headers.get('range')]).toEqual([308, null])
  })

  test('take bytes again that they have, and a size for an end', async () => {
    const place = await start('name=big')
    await chunk(place, `bytes 0-${CHUNK_UNIT - 1}/*`, ONE)
    await chunk(place, `bytes 0-${2 * CHUNK_UNIT - 1}/*`, new Uint8Array(2 * CHUNK_UNIT).fill(1))
    const end = await chunk(place, `bytes */${2 * CHUNK_UNIT}`, new Uint8Array(0))
    expect(await end.json()).toMatchObject({ crc32c: sum(new Uint8Array(2 * CHUNK_UNIT).fill(1)) })
  })

  test('keep whole units of a chunk that is cut', async () => {
    const place = await start('name=big')
    server.inject({ on: 'chunk', action: { kind: 'cut-request', after: CHUNK_UNIT + 5000 } })
    await expect(chunk(place, `bytes 0-${2 * CHUNK_UNIT - 1}/*`, new Uint8Array(2 * CHUNK_UNIT))).rejects.toThrow()
    const query = await chunk(place, 'bytes */*', new Uint8Array(0))
    expect(query.headers.get('range')).toBe(`bytes=0-${CHUNK_UNIT - 1}`)
  })

  test.each([
    ['a gap', `bytes ${CHUNK_UNIT}-${2 * CHUNK_UNIT - 1}/*`, ONE],
    ['a chunk that is no multiple of 256 KiB and not the last', 'bytes 0-999/*', new Uint8Array(1000)],
    ['a body that is shorter than its range', 'bytes 0-1999/2000', new Uint8Array(1000)],
    ['a body that is longer than its range', 'bytes 0-9/10', new Uint8Array(1000)],
    ['a range beyond the total', 'bytes 0-999/500', new Uint8Array(1000)],
    ['a range that is none', 'bites 0-9', new Uint8Array(10)],
    ['a status query with a body', 'bytes */*', new Uint8Array(10)],
  ])('%s is 400, and nothing is published', async (_, range, bytes) => {
    const place = await start('name=big')
    expect((await chunk(place, range, bytes)).status).toBe(400)
    expect(server.store.bucket('bucket').objects.size).toBe(0)
  })

  test('another total than announced, and wrong checksums, are 400', async () => {
    const announced = await start('name=big', {}, { 'x-upload-content-length': '5' })
    expect((await chunk(announced, 'bytes 0-3/4', new Uint8Array(4))).status).toBe(400)
    const hashed = await start('name=big', { crc32c: 'AAAAAA==' })
    expect((await chunk(hashed, 'bytes 0-3/4', new Uint8Array(4).fill(9))).status).toBe(400)
    const place = await start('name=big')
    const hash = { 'x-goog-hash': 'crc32c=AAAAAA==' }
    expect((await chunk(place, 'bytes 0-3/4', new Uint8Array(4).fill(9), hash)).status).toBe(400)
    const right = await start('name=big')
    const rightHash = { 'x-goog-hash': `crc32c=${sum(new Uint8Array(4).fill(9))}` }
    expect((await chunk(right, 'bytes 0-3/4', new Uint8Array(4).fill(9), rightHash)).status).toBe(200)
  })

  test('are cancelled with 499, and gone after that; unknown ones are 404, lost ones 410', async () => {
    const place = await start('name=big')
    expect((await ask(place, { method: 'DELETE' })).status).toBe(499)
    expect((await chunk(place, 'bytes */*', new Uint8Array(0))).status).toBe(499)
    expect((await chunk(place.replace(/upload_id=.*/, 'upload_id=x'), 'bytes */*', new Uint8Array(0))).status).toBe(404)
    const other = await start('name=big')
    server.sessions.lose()
    expect((await chunk(other, 'bytes */*', new Uint8Array(0))).status).toBe(410)
  })
})
