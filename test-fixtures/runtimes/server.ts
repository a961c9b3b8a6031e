/** Runs the contracts in the runtime that runs this file: Node, Bun or Deno, with the built packages. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { brotli, gzip, zstd } from '@resultkit/compress'
import { outageContract, storageContract } from '@resultkit/contract'
import { encrypt } from '@resultkit/encrypt'
import { fileStorage } from '@resultkit/local'
import { runSuites } from './run-suites.ts'
import { codecs, keys, type Suite, suite, webSuites } from './web-suites.ts'

// A file system in memory numbers its files one after the other: see DENO.
const base = existsSync('/dev/shm') && 'Deno' in globalThis ? '/dev/shm' : tmpdir()
const directory = mkdtempSync(join(base, 'resultkit-runtime-'))
const fresh = () => mkdtempSync(join(directory, 'storage-'))
const file = join(directory, 'file')
writeFileSync(file, '')

const suites: readonly Suite[] = [
  ...webSuites,
  ...(['auto', 'async'] as const).map((io) =>
    suite(`local, io ${io}`, storageContract, () => fileStorage({ directory: fresh(), io })),
  ),
  suite('a directory that is a file', outageContract, () => fileStorage({ directory: file })),
  ...codecs({
    'zstd()': zstd,
    'gzip()': gzip,
    'brotli()': brotli,
    'encrypt() with AES': () => encrypt({ keyring: keys, suite: 'aes-256-gcm' }),
  }),
]

/** What Deno's own modules make impossible; the packages' READMEs say so. */
const DENO: readonly (readonly [suite: string, promise: string])[] = [
  // Its decoder takes what ends too early for whole; the digest of a record does not.
  ['brotli()', 'damage: '],
  // Its times of files end at milliseconds, and a number of an inode may come back within one.
  ['local, io ', 'etag: '],
]
const isKnown = (name: string, { name: promise }: { readonly name: string }): boolean =>
  'Deno' in globalThis && DENO.some(([suite, start]) => name.startsWith(suite) && promise.startsWith(start))

try {
  const outcome = await runSuites(suites, isKnown)
  process.stdout.write(JSON.stringify(outcome))
} finally {
  rmSync(directory, { recursive: true })
}
