import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatHolder, type Holder, judge, newHolder, parseHolder } from '../src/holder.ts'
import { fileStorage } from '../src/index.ts'
import { errorOf, filesBelow, put, remove, temporaryDirectory, text } from './support.ts'
import { KEY } from './workers/worker.ts'
import { startWorker } from './workers.ts'

/** A directory with one object that a process has locked. */
async function locked(): Promise<{
  directory: string
  lock: string
  etag: string
  worker: Awaited<ReturnType<typeof startWorker>>
}> {
  const directory = temporaryDirectory()
  const { etag } = await put(fileStorage({ directory }), KEY, 'old')
  const worker = await startWorker('hold-lock', [directory])
  const [name = ''] = fs.readdirSync(path.join(directory, '.resultkit/locks'))
  return { directory, etag, worker, lock: path.join(directory, '.resultkit/locks', name) }
}

const holderOf = (lock: string): Holder => parseHolder(fs.readFileSync(lock, 'utf8')) ?? newHolder()

describe('the lock of a key', () => {
  it('is broken when its holder was killed', async () => {
    const { directory, etag, worker } = await locked()
    const storage = fileStorage({ directory })
    const waiting = put(storage, KEY, 'new', { ifMatch: etag })
    await worker.kill()
    await waiting
    expect(await text(storage, KEY)).toBe('new')
    expect(fs.readdirSync(path.join(directory, '.resultkit/locks'))).toEqual([])
  })

  it('is broken once by many that wait', async () => {
    const { directory, etag, worker } = await locked()
    await worker.kill()
    const race = await Promise.allSettled(
      Array.from({ length: 24 }, (_, i) =>
        put(fileStorage({ directory, io: i % 2 ? 'sync' : 'async' }), KEY, `${i}`, { ifMatch: etag }),
      ),
    )
    expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(fs.readdirSync(path.join(directory, '.resultkit/locks'))).toEqual([])
  })

  it('is broken also when those who broke it were killed meanwhile', async () => {
    const { directory, etag, lock, worker } = await locked()
    const { token } = holderOf(lock)
    await worker.kill()
    const dead = { ...holderOf(lock), token: 'A'.repeat(16) }
    fs.writeFileSync(`${lock}.break-${token}`, formatHolder(dead))
    fs.writeFileSync(`${lock}.break-${token}.break-${dead.token}`, formatHolder({ ...dead, token: 'B'.repeat(16) }))
    await put(fileStorage({ directory }), KEY, 'new', { ifMatch: etag })
    expect(fs.readdirSync(path.join(directory, '.resultkit/locks'))).toEqual([])
  })

  it('is left alone while another one breaks it', async () => {
    const { directory, etag, lock, worker } = await locked()
    await worker.kill()
    fs.writeFileSync(`${lock}.break-${holderOf(lock).token}`, formatHolder(newHolder()))
    const storage = fileStorage({ directory, lockTimeout: 20 })
    expect((await errorOf(put(storage, KEY, 'new', { ifMatch: etag }))).code).toBe('TIMEOUT')
    expect(fs.existsSync(lock)).toBe(true)
  })

  it('is waited for in vain while its holder lives', async () => {
    const { directory, etag, worker } = await locked()
    const storage = fileStorage({ directory, lockTimeout: 30 })
    const error = await errorOf(put(storage, KEY, 'new', { ifMatch: etag }))
    expect(error).toMatchObject({ code: 'TIMEOUT', retryable: true, key: KEY, storage: storage.uri })
    expect((await errorOf(remove(storage, KEY, { ifMatch: etag }))).code).toBe('TIMEOUT')
    const patient = fileStorage({ directory })
    const signal = AbortSignal.timeout(30)
    expect((await errorOf(put(patient, KEY, 'new', { ifMatch: etag, signal }))).code).toBe('ABORTED')
    await put(storage, KEY, 'unconditional')
    await worker.end()
    expect(filesBelow(path.join(directory, '.resultkit/tmp'))).toHaveLength(1)
  })

  it.each([{ host: 'elsewhere' }, { namespace: 'pid:[1]' }, { boot: '' }])(
    'is left alone when its holder cannot be judged: %o',
    async (other) => {
      const { directory, etag, lock, worker } = await locked()
      await worker.kill()
      const holder = { ...holderOf(lock), ...other }
      fs.writeFileSync(lock, formatHolder(holder))
      const storage = fileStorage({ directory, lockTimeout: 20 })
      expect((await errorOf(put(storage, KEY, 'new', { ifMatch: etag }))).code).toBe('TIMEOUT')
      expect(holderOf(lock)).toEqual(holder)
    },
  )

  it('is left alone when it says nothing, or names a file', async () => {
    const { directory, etag, lock, worker } = await locked()
    await worker.kill()
    const holder = { ...holderOf(lock), token: '../../../value' }
    for (const content of ['', '{', 'null', formatHolder(holder)]) {
      fs.writeFileSync(lock, content)
      const storage = fileStorage({ directory, lockTimeout: 5 })
      expect((await errorOf(put(storage, KEY, 'new', { ifMatch: etag }))).code).toBe('TIMEOUT')
    }
  })
})

describe('a holder', () => {
  it('is alive when it is this process', () => expect(judge(newHolder())).toBe('alive'))

  it.skipIf(process.platform !== 'linux')(
    'is dead when its id names a later process, or it is from another boot',
    () => {
      expect(judge({ ...newHolder(), started: '1' })).toBe('dead')
      expect(judge({ ...newHolder(), boot: 'before' })).toBe('dead')
      expect(judge({ ...newHolder(), boot: 'before', host: `not-${os.hostname()}` })).toBe('unknown')
    },
  )

  it.skipIf(process.platform !== 'linux')('is dead when it was killed and nobody has asked for its end', async () => {
    const { lock, worker } = await locked()
    const holder = holderOf(lock)
    expect(judge(holder)).toBe('alive')
    const zombie = await startWorker('zombie', [])
    const child = (await zombie.ask('go')) as { pid: number; started: string }
    expect(judge({ ...holder, ...child })).toBe('dead')
    await Promise.all([zombie.end(), worker.kill()])
  })
})
