import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

// A second implementation, made from the specification, has to agree about every golden record.

const run = promisify(execFile)
const ROOT = new URL('../../../../', import.meta.url)
const GOLDEN = new URL('test-fixtures/golden/encrypted/', ROOT)
const READER = fileURLToPath(new URL('docs/spec/read_encrypted.py', ROOT))
const KEY = 'k4.local.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8'

interface Expected {
  readonly bytes?: number
  readonly namespace?: string
}

interface Answer {
  readonly bytes?: number
  readonly sha256?: string
  readonly error?: string
  readonly unsupported?: true
}

test('the reader in Python agrees', async ({ skip }) => {
  const python = await run('python3', ['--version']).catch(() => undefined)
  if (python === undefined) skip('python3 is not installed')
  const index = JSON.parse(readFileSync(new URL('index.json', GOLDEN), 'utf8')) as Record<string, Expected>
  for (const namespace of ['', 'golden']) {
    const names = Object.keys(index).filter((name) => (index[name]?.namespace ?? '') === namespace)
    const files = names.map((name) => fileURLToPath(new URL(name, GOLDEN)))
    const { stdout } = await run('python3', ['-B', READER, KEY, 'golden/result', namespace, ...files])
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Answer)
    expect(answers.length).toBe(names.length)
    for (const [at, name] of names.entries()) {
      const { bytes, sha256, error, unsupported } = answers[at] as Answer
      const size = index[name]?.bytes
      if (name.includes('aes')) expect(unsupported, name).toBe(true)
      else if (size === undefined) expect(error, name).toEqual(expect.any(String))
      else {
        const message = Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 255)
        expect([bytes, sha256], name).toEqual([size, createHash('sha256').update(message).digest('hex')])
      }
    }
  }
})
