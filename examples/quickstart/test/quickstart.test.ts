import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const run = promisify(execFile)
const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts')

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'resultkit-quickstart-'))
})
afterAll(() => rm(directory, { recursive: true }))

async function start(...args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [
    '--conditions=resultkit:source',
    MAIN,
    '--directory',
    directory,
    ...args,
  ])
  return stdout
}

const closing = (text: string): string | undefined => text.split('\n').find((line) => /^\d+ steps: /.test(line))

test('computes everything once, and says why; then takes it from storage; --fresh computes again', {
  timeout: 120_000,
}, async () => {
  const first = await start()
  expect(closing(first)).toBe('16 steps: 0 taken from storage, 15 computed, 1 refused by its validators.')
  expect(first).toMatch(/load +Completed +nothing is stored there; attempt 2 after "Error: the source answered 503"/)
  expect(first).toMatch(/trust raw rows +ValidationFailed .*output-invalid, nothing stored/)
  const second = await start()
  expect(closing(second)).toBe('16 steps: 15 taken from storage, 0 computed, 1 refused by its validators.')
  expect(second).toMatch(/clean +Cached +cache-hit/)
  expect(second).toMatch(/load +Cached +target-found: target movies\/raw\.ndjson/)
  // The figures are the same, and the raw rows are a file like any other.
  const figures = (text: string): string | undefined => /Drama +783 .*/.exec(text)?.[0]
  expect(figures(second)).toBe(figures(first))
  expect((await readFile(join(directory, 'movies/raw.ndjson'), 'utf8')).trim().split('\n')).toHaveLength(3201)
  expect(closing(await start('--fresh'))).toBe(
    '16 steps: 0 taken from storage, 15 computed, 1 refused by its validators.',
  )
})

test('an option that is not known: usage, and not zero', async () => {
  await expect(start('--no-such')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Usage: npm start'),
  })
  expect(await start('--help')).toContain('--fresh')
})

test('a directory that cannot be one: what is wrong, and not zero', async () => {
  for (const wrong of ['', MAIN, '/proc/results']) {
    const failed = run(process.execPath, ['--conditions=resultkit:source', MAIN, `--directory=${wrong}`])
    await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/^quickstart: .*\(CONFIG\)/) })
  }
})
