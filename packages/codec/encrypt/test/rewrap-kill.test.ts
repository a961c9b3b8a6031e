import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Result } from '@resultkit/core'
import { fileStorage } from '@resultkit/local'
import { afterAll, expect, test } from 'vitest'
import { encrypt, envelopeKey, generateKey, keyring, rewrap } from '../src/index.ts'

const WORKER = fileURLToPath(new URL('workers/rewrap.ts', import.meta.url))
const COUNT = 32
const KILLS = 5
const PHASES = ['before', 'within', 'after'] as const

/** The same numbers in each run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

// The workers are the same program again and again; most of their time was taking the types out of it.
const cache = mkdtempSync(join(tmpdir(), 'resultkit-compiled-'))
afterAll(() => rm(cache, { recursive: true, force: true }))

/** Runs until the worker kills itself, or is done. */
function run(args: readonly string[]): Promise<{ readonly signal: string | null; readonly output: string }> {
  return new Promise((resolve) => {
    const parameters = ['--conditions=resultkit:source', WORKER, ...args]
    const env = { ...process.env, NODE_COMPILE_CACHE: cache }
    const child = execFile(process.execPath, parameters, { env }, (_, output, errors) => {
      resolve({ signal: child.signalCode, output: output || errors })
    })
  })
}

test.concurrent.each([
  ['wrap', 1],
  ['full', 2],
] as const)(
  '%s killed again and again leaves everything readable, and ends when it is let',
  { timeout: 120_000 },
  async (mode, seed) => {
    const directory = await mkdtemp(join(tmpdir(), 'resultkit-rewrap-'))
    try {
      const [old, primary] = [generateKey(), generateKey()]
      const storage = fileStorage({ directory })
      const of = (key: string, keys: readonly string[] = []) =>
        new Result<{ index: number; text: string }>({
          storage,
          codecs: [encrypt({ keyring: keyring({ primary: envelopeKey(key), keys: keys.map(envelopeKey) }) })],
        })
      const references = await Promise.all(
        Array.from({ length: COUNT }, (_, index) =>
          // The first one is rewritten as a stream.
          of(old).write(
            { index, text: 't'.repeat(index < 1 ? 4_500_000 : index * 1000) },
            `runs/${index % 4}/${index}`,
          ),
        ),
      )
      const random = seeded(seed)
      const both = of(primary, [old])
      const check = async (): Promise<number> => {
        let stale = 0
        for (const [index, reference] of references.entries()) {
          const found = await both.find(reference)
          expect(found).toMatchObject({ status: 'hit', value: { index } })
          if (found.status === 'hit' && found.stale) stale += 1
        }
        return stale
      }
      let left = COUNT
      for (let kill = 0; kill < KILLS; kill++) {
        const phase = PHASES[Math.floor(random() * 3)] ?? 'within'
        const { signal, output } = await run([directory, mode, primary, old, `${1 + Math.floor(random() * 4)}`, phase])
        expect(signal, output).toBe('SIGKILL')
        const stale = await check()
        expect(stale).toBeLessThanOrEqual(left)
        left = stale
      }
      expect(left).toBeGreaterThan(0)
      const { signal, output } = await run([directory, mode, primary, old])
      expect(signal).toBeNull()
      expect(JSON.parse(output)).toMatchObject({ rewrapped: left, current: COUNT - left, skipped: 0, failed: 0 })
      expect(await check()).toBe(0)
      expect(await rewrap(both, { mode })).toMatchObject({ rewrapped: 0, current: COUNT })
      for (const [index, reference] of references.entries())
        expect(await of(primary).read(reference)).toMatchObject({ index })
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  },
)
