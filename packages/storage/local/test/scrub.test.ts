import fs from 'node:fs'
import path from 'node:path'
import { scrub } from '@resultkit/core/scrub'
import { expect, it } from 'vitest'
import { localResult, sweep } from '../src/index.ts'
import { filesBelow, temporaryDirectory } from './support.ts'

it('finds what a disk has changed and moves it aside, where no sweep and no list meets it', async () => {
  const directory = temporaryDirectory()
  const result = localResult({ directory, serializer: 'bytes' })
  const large = new Uint8Array(5_000_000).fill(7)
  await result.write(large, 'weeks/large')
  await result.write(large, 'weeks/other')
  const file = path.join(directory, 'weeks/large')
  const rotten = fs.readFileSync(file)
  rotten[4_000_000] = 8
  fs.writeFileSync(file, rotten)

  const report = await scrub(result, { quarantine: true })

  expect(report).toMatchObject({ intact: 1, corrupt: 1, findings: [{ key: 'weeks/large' }] })
  expect(await Array.fromAsync(result.list(), ({ key }) => key)).toEqual(['weeks/other'])
  expect(await result.find('weeks/large')).toEqual({ status: 'miss' })
  expect((await sweep({ directory, graceMs: 0 })).removed).toEqual([])
  const kept = filesBelow(directory).find((name) => name.includes('quarantine')) ?? ''
  expect(fs.readFileSync(path.resolve(directory, kept)).equals(rotten)).toBe(true)
})
