import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type PackageInfo, packages, ROOT } from './packages.ts'

/** Who may import whom, beside what is their own. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  '@resultkit/core': [],
  '@resultkit/contract': ['@resultkit/core'],
  '@resultkit/local': ['@resultkit/core'],
  '@resultkit/s3': ['@resultkit/core'],
  '@resultkit/gcs': ['@resultkit/core'],
  '@resultkit/azure': ['@resultkit/core'],
  '@resultkit/pickle': ['@resultkit/core'],
  '@resultkit/msgpack': ['@resultkit/core'],
  '@resultkit/cbor': ['@resultkit/core'],
  '@resultkit/compress': ['@resultkit/core'],
  '@resultkit/encrypt': ['@resultkit/core'],
  // The defaults, imported at the first persistence that needs them.
  '@resultkit/tasks': ['@resultkit/core', '@resultkit/local', '@resultkit/pickle'],
}

const IMPORT = /(?:from\s+|import\s+|import\()'([^'.][^']*)'/g

function importsOf({ directory }: PackageInfo): ReadonlyMap<string, readonly string[]> {
  const files = globSync('src/**/*.ts', { cwd: directory })
  return new Map(
    files.map((file) => [
      file,
      [...readFileSync(join(directory, file), 'utf8').matchAll(IMPORT)].map((match) => match[1] ?? ''),
    ]),
  )
}

/** Every name that an index gives out, types included, with the file that declares it. */
function publicNames(index: string): readonly (readonly [name: string, file: string])[] {
  const source = readFileSync(index, 'utf8')
  return [...source.matchAll(/^export (?:type )?\{([^}]*)\} from '\.\/([^']*)'/gm)].flatMap(
    ([, names = '', file = '']) =>
      names
        .split(',')
        .map((name) => name.trim().replace(/^type /, ''))
        .filter((name) => name !== '')
        .map((name) => [name, file] as const),
  )
}

describe.each(packages())('$name', (info) => {
  test('imports only what its package.json names, and only what it may', () => {
    const { manifest, name } = info
    const declared = new Set([
      ...Object.keys(manifest.dependencies ?? {}),
      ...Object.keys(manifest.peerDependencies ?? {}),
    ])
    for (const [file, imports] of importsOf(info)) {
      for (const specifier of imports) {
        if (specifier.startsWith('node:') || specifier.startsWith('#')) continue
        const imported = specifier
          .split('/')
          .slice(0, specifier.startsWith('@') ? 2 : 1)
          .join('/')
        expect(declared, `${file} imports ${imported}`).toContain(imported)
        if (imported.startsWith('@resultkit/')) expect(ALLOWED[name] ?? [], file).toContain(imported)
      }
    }
  })

  test('is an ES module without side effects, with a README, a licence and types', () => {
    const { manifest, directory } = info
    expect(manifest).toMatchObject({ type: 'module', sideEffects: false, license: 'MIT' })
    for (const file of ['README.md', 'LICENSE']) expect(existsSync(join(directory, file)), file).toBe(true)
  })

  test('has files of at most 300 lines', () => {
    for (const file of globSync('src/**/*.ts', { cwd: info.directory })) {
      expect(readFileSync(join(info.directory, file), 'utf8').split('\n').length, file).toBeLessThanOrEqual(301)
    }
  })

  test('documents every public name', () => {
    const names = publicNames(join(info.directory, 'src/index.ts'))
    for (const [name, file] of names) {
      const source = readFileSync(join(info.directory, 'src', file), 'utf8')
      const declaration = new RegExp(
        `(\\*/\\n)?export (?:declare )?(?:async )?(?:const|function\\*?|class|interface|type) ${name}\\b`,
      )
      expect(declaration.exec(source)?.[1], `${name} in ${file} has no doc comment`).toBeDefined()
    }
  })

  test('exports what its snapshot says', async () => {
    const names = Object.keys((await import(info.name)) as object).sort()
    await expect(`${names.join('\n')}\n`).toMatchFileSnapshot(join(info.directory, 'test/public-api.txt'))
  })
})

test('core needs nothing but web standards, except for its hash', () => {
  const core = packages().find(({ name }) => name === '@resultkit/core') as PackageInfo
  expect(core.manifest.dependencies).toBeUndefined()
  for (const [file, imports] of importsOf(core)) {
    expect(
      imports.filter((specifier) => specifier !== '#hash'),
      file,
    ).toEqual(file.endsWith('hash/node.ts') ? ['node:crypto', 'node:crypto'] : [])
    const code = readFileSync(join(core.directory, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    expect(code, file).not.toMatch(/\bBuffer\b|\brequire\(|\bsetImmediate\b|\b__dirname\b/)
  }
})

test('the repository names no registry and no path of a machine', () => {
  const files = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n')
  for (const file of files) {
    if (!existsSync(join(ROOT, file))) continue
    const text = readFileSync(join(ROOT, file), 'latin1')
    expect(text.includes(['', 'work', 'main'].join('/')), `${file} names a path`).toBe(false)
    if (file.endsWith('package-lock.json')) expect(text, file).not.toMatch(/"resolved": "http/)
  }
})
