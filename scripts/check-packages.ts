/** Checks every publishable package as its users get it: publint, are-the-types-wrong, size, importable in a browser. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { type PackageInfo, packages, ROOT } from './packages.ts'

/** What a package weighs for a user, in bytes of gzip after minification: everything, and its main entry alone. */
const LIMITS: Readonly<Record<string, { readonly all: number; readonly imports: Readonly<Record<string, number>> }>> = {
  '@resultkit/core': { all: 26_200, imports: { Result: 18_500 } },
  '@resultkit/contract': { all: 40_000, imports: {} },
  '@resultkit/local': { all: 12_000, imports: {} },
  '@resultkit/tasks': { all: 24_500, imports: {} },
  '@resultkit/s3': { all: 13_000, imports: {} },
  '@resultkit/gcs': { all: 12_000, imports: {} },
  '@resultkit/azure': { all: 12_300, imports: {} },
  '@resultkit/pickle': { all: 24_000, imports: {} },
  '@resultkit/msgpack': { all: 19_000, imports: {} },
  '@resultkit/cbor': { all: 21_000, imports: {} },
  '@resultkit/compress': { all: 6_000, imports: {} },
  '@resultkit/encrypt': { all: 24_000, imports: {} },
}

async function gzipped(source: string, directory: string, platform: 'node' | 'browser'): Promise<number> {
  const { outputFiles } = await build({
    stdin: {
      contents: source.replace('index.js', platform === 'node' ? entryOf(directory) : 'index.js'),
      resolveDir: directory,
      loader: 'js',
    },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform,
    external: ['@resultkit/*', '@aws-sdk/*', '@smithy/*', '@google-cloud/*', '@azure/*', 'libsodium-wrappers*'],
    logLevel: 'error',
  })
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length
}

function entryOf(directory: string): string {
  return existsSync(join(directory, 'dist/index.node.js')) ? 'index.node.js' : 'index.js'
}

async function checkSize({ name, directory }: PackageInfo): Promise<readonly string[]> {
  const limits = LIMITS[name]
  if (limits === undefined) return [`${name} has no size limit in scripts/check-packages.ts`]
  const entries: [string, string, number][] = [
    ['everything', `export * from './dist/index.js'`, limits.all],
    ...Object.entries(limits.imports).map(([names, limit]): [string, string, number] => [
      `{ ${names} }`,
      `export { ${names} } from './dist/index.js'`,
      limit,
    ]),
  ]
  const problems: string[] = []
  for (const [what, source, limit] of entries) {
    const bytes = await gzipped(source, directory, 'node')
    console.log(`  size of ${what}: ${bytes} bytes gzip (limit ${limit})`)
    if (bytes > limit) problems.push(`${name}: ${what} has ${bytes} bytes gzip, over the limit of ${limit}`)
  }
  return problems
}

async function checkPacked({ directory, name }: PackageInfo): Promise<readonly string[]> {
  const target = await mkdtemp(join(tmpdir(), 'resultkit-pack-'))
  try {
    const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', target], {
      cwd: directory,
      encoding: 'utf8',
    })
    const tarball = join(target, packed.trim().split('\n').at(-1) ?? '')
    execFileSync('publint', ['run', tarball, '--strict'], { cwd: ROOT, stdio: 'inherit' })
    execFileSync('attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--format', 'ascii'], {
      cwd: ROOT,
      stdio: 'pipe',
    })
    return []
  } catch (error) {
    const { stdout } = error as { stdout?: Buffer }
    return [`${name}: ${(error as Error).message}\n${stdout ?? ''}`]
  } finally {
    await rm(target, { recursive: true })
  }
}

const problems: string[] = []
for (const info of packages()) {
  console.log(info.name)
  problems.push(...(await checkSize(info)), ...(await checkPacked(info)))
  if (info.name !== '@resultkit/core') continue
  // Core has to load where there is no Node.
  await gzipped(`export * from './dist/index.js'`, info.directory, 'browser')
  const web = readFileSync(join(info.directory, 'dist/index.js'), 'utf8')
  if (/node:|getBuiltinModule/.test(web)) problems.push('core: the build for other runtimes than Node needs Node')
}
for (const problem of problems) console.error(problem)
console.log(problems.length === 0 ? 'packages: all checks passed' : `packages: ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1
