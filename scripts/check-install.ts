/** Packs the built packages, installs them into an empty project as a stranger would, and uses them there. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packages, ROOT } from './packages.ts'

const USE = `
import { createResultStore } from '@resultkit/core'
import { storageContract } from '@resultkit/contract'
import { fileStorage, localResult } from '@resultkit/local'

const scores = localResult({ directory: 'results', location: 'scores/{user}.json' })
const reference = await scores.write([1], { user: 'ada' })
const store = createResultStore({ storages: { main: fileStorage({ directory: 'results' }) } })
const value = await store.get(JSON.stringify(reference))
if (JSON.stringify(value) !== '[1]' || storageContract.length === 0) throw new Error('the packages do not work together')
console.log('installed, written, resolved:', reference.key)
`

const project = await mkdtemp(join(tmpdir(), 'resultkit-install-'))
try {
  const tarballs = packages().map(({ directory }) => {
    const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', project], {
      cwd: directory,
      encoding: 'utf8',
    })
    return join(project, packed.trim().split('\n').at(-1) ?? '')
  })
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module' }))
  await writeFile(join(project, 'use.mjs'), USE)
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--offline', ...tarballs], {
    cwd: project,
    stdio: 'inherit',
  })
  // Whoever has a condition of our name in their project must get the built files all the same.
  for (const conditions of [[], ['--conditions=resultkit:source']]) {
    execFileSync(join(ROOT, 'node_modules/.bin/node'), [...conditions, 'use.mjs'], { cwd: project, stdio: 'inherit' })
  }
} finally {
  await rm(project, { recursive: true })
}
