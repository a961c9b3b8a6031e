import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { formatHolder, newHolder } from '../src/holder.ts'
import { fileStorage, sweep } from '../src/index.ts'
import { errorOf, filesBelow, put, temporaryDirectory } from './support.ts'

const NOW = Date.UTC(2026, 10, 22)
const DAY = 86_400_000
const clock = (): Date => new Date(NOW)
const DEAD = { ...newHolder(), pid: 2 ** 22 + 1, token: 'D'.repeat(16) }

function leave(directory: string, name: string, content: string, ageMs: number): void {
  const file = path.join(directory, '.resultkit', name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, content)
  fs.utimesSync(file, (NOW - ageMs) / 1000, (NOW - ageMs) / 1000)
}

it('removes what is older than the grace period, and no result', async () => {
  const directory = temporaryDirectory()
  await put(fileStorage({ directory }), 'a/old', 'v')
  fs.utimesSync(path.join(directory, 'a/old'), 1, 1)
  leave(directory, 'tmp/old', '12345', DAY + 1)
  leave(directory, 'tmp/young', '12345', DAY)
  leave(directory, 'leases/other', '', 9 * DAY)
  const rows = [{ kind: 'temporary', name: 'old', bytes: 5, ageMs: DAY + 1 }]
  expect(await sweep({ directory, clock, dryRun: true })).toEqual({ removed: rows, bytes: 5 })
  expect(filesBelow(directory)).toHaveLength(4)
  expect(await sweep({ directory, clock })).toEqual({ removed: rows, bytes: 5 })
  expect(filesBelow(directory)).toEqual(['.resultkit/leases/other', '.resultkit/tmp/young', 'a/old'])
  expect((await sweep({ directory, clock, graceMs: DAY - 1 })).removed).toHaveLength(1)
  expect(await sweep({ directory, clock })).toEqual({ removed: [], bytes: 0 })
})

it('removes the locks of the dead, and their markers', async () => {
  const directory = temporaryDirectory()
  const [dead, alive, far, odd] = ['dead', 'alive', 'far', 'odd'].map((name) => `locks/${name}`)
  const living = newHolder()
  leave(directory, `${dead}`, formatHolder(DEAD), 2 * DAY)
  leave(directory, `${dead}.break-${DEAD.token}`, formatHolder(DEAD), 2 * DAY)
  leave(directory, `${dead}.break-${DEAD.token}.break-${DEAD.token}`, formatHolder(DEAD), 2 * DAY)
  leave(directory, `${alive}`, formatHolder(living), 2 * DAY)
  leave(directory, `${alive}.break-${DEAD.token}`, formatHolder(DEAD), 2 * DAY)
  leave(directory, `${alive}.break-${living.token}`, formatHolder(DEAD), 2 * DAY)
  leave(directory, `${far}`, formatHolder({ ...DEAD, host: 'elsewhere' }), 2 * DAY)
  leave(directory, `${far}-young`, formatHolder({ ...DEAD, host: 'elsewhere' }), DAY / 2)
  leave(directory, `${odd}`, '', 2 * DAY)
  leave(directory, `${odd}-young`, '', DAY / 2)
  const planned = await sweep({ directory, clock, graceMs: 0, dryRun: true })
  expect(filesBelow(directory)).toHaveLength(10)
  expect(await sweep({ directory, clock, graceMs: 0 })).toEqual(planned)
  expect(planned.removed.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual([
    'lock dead',
    'lock far',
    'lock odd',
    `marker alive.break-${DEAD.token}`,
    `marker dead.break-${DEAD.token}`,
    `marker dead.break-${DEAD.token}.break-${DEAD.token}`,
  ])
  expect(filesBelow(directory).map((file) => path.basename(file))).toEqual([
    'alive',
    `alive.break-${living.token}`,
    'far-young',
    'odd-young',
  ])
})

it('counts nothing for a temporary that an object shares', async () => {
  const directory = temporaryDirectory()
  await put(fileStorage({ directory }), 'k', '12345')
  fs.linkSync(path.join(directory, 'k'), path.join(directory, '.resultkit/tmp/x'))
  const report = await sweep({ directory, clock: () => Date.now() + 2 * DAY })
  expect(report).toMatchObject({ bytes: 0, removed: [{ kind: 'temporary', bytes: 0 }] })
  expect(filesBelow(directory)).toEqual(['k'])
})

it('finds nothing where nothing is, and refuses what is wrong', async () => {
  const directory = path.join(temporaryDirectory(), 'none')
  expect(await sweep({ directory })).toEqual({ removed: [], bytes: 0 })
  expect(fs.existsSync(directory)).toBe(false)
  expect((await errorOf(sweep({ directory, graceMs: -1 }))).code).toBe('CONFIG')
  fs.writeFileSync(directory, '')
  expect(await errorOf(sweep({ directory }))).toMatchObject({ code: 'CONFIG', operation: 'sweep' })
})
