import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const MAIN = join(import.meta.dirname, '..', 'src', 'encrypted.ts')

test('encrypted, neither stored bytes nor references show anything', { timeout: 120_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=resultkit:source', MAIN])
  expect(stdout).toMatch(/^unencrypted: .*; in clear: The Godfather, Horror/m)
  expect(stdout).toMatch(/^encrypted: .*; in clear: nothing$/m)
  expect(stdout).toContain('who has another gets DECRYPT, and no reason')
})
