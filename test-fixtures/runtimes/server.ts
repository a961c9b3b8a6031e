/** Runs the contracts in the runtime that runs this file: Node, Bun or Deno, with the built packages. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { brotli, gzip, zstd } from '@resultkit/compress'
import { outageContract, storageContract } from '@resultkit/contract'
import { encrypt } from '@resultkit/encrypt'
import { fileStorage } from '@resultkit/local'
import { runSuites } from './run-suites.ts'
import { codecs, keys, type Suite, suite, webSuites } from './web-suites.ts'

const directory = mkdtempSync(join(tmpdir(), 'resultkit-runtime-'))
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

// Deno's decoder of Brotli takes what ends too early for whole; the digest of a record does not.
const isDeno = 'Deno' in globalThis
const isKnown = (name: string, { name: promise }: { readonly name: string }): boolean =>
  isDeno && name === 'brotli()' && promise.startsWith('damage: ')

try {
  const outcome = await runSuites(suites, isKnown)
  process.stdout.write(JSON.stringify(outcome))
} finally {
  rmSync(directory, { recursive: true })
}
