/** Packs the built packages, installs them into an empty project as a stranger would, and uses them there. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packages, ROOT } from './packages.ts'

const USE = `
import { createResultStore } from '@resultkit/core'
import { scrub } from '@resultkit/core/scrub'
import { checkValue } from '@resultkit/core/value-check'
import { azureResult } from '@resultkit/azure'
import { cbor } from '@resultkit/cbor'
import { zstd } from '@resultkit/compress'
import { storageContract } from '@resultkit/contract'
import { encrypt, generateKey, keyring } from '@resultkit/encrypt'
import { gcsResult } from '@resultkit/gcs'
import { fileStorage, localResult } from '@resultkit/local'
import { msgpack } from '@resultkit/msgpack'
import { pickle } from '@resultkit/pickle'
import { s3Result } from '@resultkit/s3'
import { flow, task } from '@resultkit/tasks'

function expect(what, condition) {
  if (!condition) throw new Error('as installed, this does not hold: ' + what)
}

const keys = keyring({ primary: generateKey() })
const codecs = [zstd({ minBytes: 0 }), encrypt({ keyring: keys })]
for (const serializer of [pickle(), msgpack(), cbor()]) {
  const scores = localResult({ directory: 'results', location: serializer.name + '/{user}', serializer, codecs })
  const reference = await scores.write([1], { user: 'ada' })
  const store = createResultStore({
    storages: { main: fileStorage({ directory: 'results' }) },
    serializers: [serializer],
    codecs,
    keyring: keys,
  })
  const value = await store.get(JSON.stringify({ ...reference, storage: 'main' }))
  expect(serializer.name + ' is read again through the store', JSON.stringify(value) === '[1]')
}
expect('stored records are intact', (await scrub(localResult({ directory: 'results' }))).intact === 3)
expect('values are checked', typeof checkValue === 'function')

const double = task('double', async ({ n }) => n * 2, { persistResult: true })
expect('a flow of tasks runs', (await flow('main', async () => double({ n: 21 }))({})) === 42)
expect('the contract is there', storageContract.length > 0)

// Without its SDK, a backend is imported all the same, and says what to install when it is first used.
const bucket = { bucket: 'results', container: 'results', location: 'a', region: 'us-east-1' }
for (const [make, sdk] of [[s3Result, '@aws-sdk/client-s3'], [gcsResult, '@google-cloud/storage'], [azureResult, '@azure/storage-blob']]) {
  const error = await make({ ...bucket, ...(make === azureResult ? { connectionString: 'AccountName=a;AccountKey=YQ==;EndpointSuffix=example.org' } : {}) }).read().catch((error) => error)
  expect(sdk + ' is asked for: ' + error.code + ' ' + error.message, error.code === 'CONFIG' && error.message.includes(sdk))
}
console.log('installed, written, encrypted, resolved, run as a flow')
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
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--legacy-peer-deps', ...tarballs], {
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
