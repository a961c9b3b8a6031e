import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '../../..')
const example = path.join(root, 'examples/custom-storage')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'custom-storage-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

function run(...args: string[]): string {
  const node = ['--conditions=resultkit:source', ...args]
  const { stdout, stderr, status } = spawnSync(process.execPath, node, { cwd: folder, encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout
}

it('the code in the README runs', () => {
  const readme = fs.readFileSync(path.join(example, 'README.md'), 'utf8')
  const [, code = ''] = /```ts\n(.*?)```/s.exec(readme) ?? []
  const script = path.join(folder, 'readme.mts')
  fs.writeFileSync(script, code.replace('./src/', `${example}/src/`))
  expect(run(script)).toMatch(/^\[ 1, 2, 3 \]\nmiss\nALREADY_EXISTS\nscores\/ada \d+\n$/)
})

it('the demo runs, and runs again', () => {
  const script = path.join(example, 'src/demo.ts')
  for (let time = 0; time < 2; time++) expect(run(script, '--file', 'demo.db')).toContain('weather/months/12')
})

const guide = fs.readFileSync(path.join(root, 'docs/guides/custom-storage.md'), 'utf8')
const excerpts = [...guide.matchAll(/^`(examples\/[^\n`]+)`\n\n```ts\n(.*?)```$/gms)]

it.each(excerpts.map(([, file = '', code = '']) => ({ file, code })))('the guide quotes $file', ({ file, code }) => {
  const source = fs.readFileSync(path.join(root, file), 'utf8')
  for (const part of code.split('// ...\n')) expect(source).toContain(part)
})

it('the guide quotes something', () => {
  expect(excerpts.length).toBeGreaterThan(8)
})
