import { DeleteObjectsCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect, it } from 'vitest'
import { testServer } from './server.ts'
import { bytes, entries, newPrefix, put, remove } from './support.ts'

const server = await testServer()
const own = server.own !== undefined
const COUNT = own ? 10_000 : 2_500
const name = (i: number): string => `many/${String(i).padStart(6, '0')}`

/** Straight into the memory of our own server: it is the listing that is looked at. */
async function fill(storage: ReturnType<typeof server.storage>, count: number): Promise<void> {
  const bucket = server.own?.buckets.get(server.bucket)
  if (bucket !== undefined) {
    const base = new URL(storage.uri).pathname.slice(1)
    const template = { bytes: Buffer.from('x'), etag: '"x"', headers: {}, checksum: undefined, tags: undefined }
    for (let i = 0; i < count; i++) bucket.put(`${base}/${name(i)}`, { ...template, lastModified: new Date(0) })
    return
  }
  for (let i = 0; i < count; i += 50)
    await Promise.all(Array.from({ length: Math.min(50, count - i) }, (_, j) => put(storage, name(i + j), 'x')))
}

it(`${COUNT} keys are listed page by page, all of them`, { timeout: 120_000 }, async () => {
  const prefix = newPrefix()
  const storage = server.storage({ prefix })
  await fill(storage, COUNT)
  server.faults.clearLog()
  const listed = await entries(storage)
  expect(listed.map(({ key }) => key)).toEqual(Array.from({ length: COUNT }, (_, i) => name(i)))
  expect(server.faults.count('ListObjectsV2')).toBe(Math.ceil(COUNT / 1000))
  const rest = await entries(storage, 'many/', { startAfter: name(1500) })
  expect(rest).toHaveLength(COUNT - 1501)

  const client = server.client()
  for (let i = 0; i < COUNT; i += 1000) {
    const Objects = Array.from({ length: Math.min(1000, COUNT - i) }, (_, j) => ({ Key: `${prefix}/${name(i + j)}` }))
    await client.send(new DeleteObjectsCommand({ Bucket: server.bucket, Delete: { Objects, Quiet: true } }))
  }
  client.destroy()
})

it('a listing that fails midway goes on after the last key', { timeout: 60_000 }, async () => {
  const storage = server.storage()
  await fill(storage, 1200)
  server.faults.add({ kind: 'answer', code: 'SlowDown' }, { operation: 'ListObjectsV2', skip: 1 })
  expect((await entries(storage)).map(({ key }) => key)).toEqual(Array.from({ length: 1200 }, (_, i) => name(i)))
  expect(server.faults.count('ListObjectsV2')).toBe(3)
})

it('shows what stays while others are written and deleted', async () => {
  const storage = server.storage()
  await fill(storage, 1100)
  const seen: string[] = []
  for await (const { key } of storage.list('', { startAfter: undefined, signal: undefined })) {
    if (seen.length === 500) await Promise.all([put(storage, 'many/0005005', 'new'), remove(storage, name(900))])
    if (seen.length === 600) await put(storage, 'many/000000a', 'behind')
    seen.push(key)
  }
  expect(new Set(seen).size).toBe(seen.length)
  const kept = Array.from({ length: 1100 }, (_, i) => name(i)).filter((each) => each !== name(900))
  expect(kept.filter((each) => !seen.includes(each))).toEqual([])
})

it('leaves out names that no key has: folder markers and those beside the prefix', async () => {
  const prefix = newPrefix()
  const storage = server.storage({ prefix })
  const client = server.client()
  for (const foreign of [`${prefix}/`, `${prefix}/folder/`, `${prefix}/a//b`, `${prefix}-beside/x`, `${prefix}x`])
    await client.send(new PutObjectCommand({ Bucket: server.bucket, Key: foreign, Body: bytes('x') }))
  client.destroy()
  await put(storage, 'folder/file', 'x')
  expect((await entries(storage)).map(({ key }) => key)).toEqual(['folder/file'])
})
