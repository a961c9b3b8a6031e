import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { difference } from './difference.ts'
import { DIRECTORY, evaluate, golden, goldenBytes, goldenIndex, missing } from './golden-kit.ts'

const index = goldenIndex()

test('every file is in the index', () => {
  expect(
    readdirSync(DIRECTORY)
      .filter((name) => name.endsWith('.pickle'))
      .sort(),
  ).toEqual(Object.keys(index).sort())
})

describe('golden files', () => {
  test.each(Object.entries(index))('%s', (name, entry) => {
    const bytes = new Uint8Array(readFileSync(new URL(name, DIRECTORY)))
    const code = missing(entry) === undefined ? entry.error : 'UNSUPPORTED'
    if (code !== undefined) return expect(() => golden.deserialize(bytes)).toThrow(expect.objectContaining({ code }))
    const value = evaluate(entry.literal ?? '')
    expect(difference(golden.deserialize(bytes), value)).toBeUndefined()
    expect(Buffer.from(goldenBytes(value)).toString('hex')).toBe(Buffer.from(bytes).toString('hex'))
  })
})

/** Paths of other Node binaries, separated as in PATH. */
const NODES = (process.env['RESULTKIT_NODES'] ?? '').split(delimiter).filter((path) => path !== '')

test.each([process.execPath, ...NODES])('%s reads and writes the same bytes', (node) => {
  const child = fileURLToPath(new URL('golden-child.ts', import.meta.url))
  const output = execFileSync(node, ['--conditions=resultkit:source', '--disable-warning=ExperimentalWarning', child], {
    encoding: 'utf8',
  })
  const outcomes = JSON.parse(output) as [name: string, expected: string, found: string][]
  expect(outcomes.map(([name, , found]) => [name, found])).toEqual(outcomes.map(([name, expected]) => [name, expected]))
  expect(outcomes).toHaveLength(Object.keys(index).length)
})

test('without Buffer and process, the bytes are the same', () => {
  const child = fileURLToPath(new URL('web-child.ts', import.meta.url))
  const flags = ['--conditions=resultkit:source', '--disable-warning=ExperimentalWarning']
  const output = execFileSync(process.execPath, [...flags, child], { encoding: 'utf8' })
  expect(output).toMatch(/^4\d \n$/)
})
