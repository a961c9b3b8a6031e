import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { storageContract, unmetRequirements } from '@resultkit/contract'
import { expect, test } from 'vitest'
import { open } from './adapters/open.ts'

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

test('the adapter for node:test runs every case, and reports the unsupported ones', async () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const args = ['--conditions=resultkit:source', '--test-reporter=tap', '--test', pathOf('adapters/node.ts')]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, maxBuffer: 1e8 })
  const unsupported = storageContract.filter((contractCase) => unmetRequirements(contractCase, open()).length > 0)
  expect(unsupported.length).toBeGreaterThan(0)
  expect(stdout).toContain(`# tests ${storageContract.length}`)
  expect(stdout).toContain(`# skipped ${unsupported.length}`)
  expect(stdout).toContain('# fail 0')
})

test.each(['adapters/vitest.test.ts', 'adapters/node.ts'])('the README shows %s', (name) => {
  expect(readFileSync(pathOf('../README.md'), 'utf8')).toContain(readFileSync(pathOf(name), 'utf8'))
})
