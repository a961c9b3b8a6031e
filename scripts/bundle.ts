/**
 * Bundles the package in the working directory: one module instead of dozens, because Node spends about half a
 * millisecond on each file that it imports. Other packages stay imports. Types come from `tsc -b`.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { build, type Plugin } from 'esbuild'

const BUILTIN_IMPORT = /^import (?!type )(?:(\w+)(?:, )?)?(?:\{([^}]*)\} )?from '(node:[^']+)'$/gm

/** An `import` of a built-in module makes a namespace of all its exports, 4 ms for node:fs. This takes what is used. */
const builtinModules: Plugin = {
  name: 'built-in modules',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      const contents = source.replaceAll(
        BUILTIN_IMPORT,
        (_, whole: string | undefined, names: string | undefined, from: string) => {
          const values = (names ?? '')
            .split(',')
            .map((name) => name.trim())
            .filter((name) => name !== '' && !name.startsWith('type '))
          const taken = `{ ${values.map((name) => name.replace(' as ', ': ')).join(', ')} } = process.getBuiltinModule('${from}')`
          return `const ${whole === undefined ? taken : `${whole} = process.getBuiltinModule('${from}')`}`
        },
      )
      return { contents: contents, loader: 'ts' }
    })
  },
}

/** An entry beside the main one takes what is not its own from there: two copies of a class would not know each other's. */
function mainModule(source: string, name: string): Plugin {
  const own = resolve(dirname(source))
  return {
    name: 'main module',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) =>
        resolve(resolveDir, path).startsWith(own) ? undefined : { path: name, external: true },
      )
    },
  }
}

async function bundle(
  source: string,
  outfile: string,
  conditions: readonly string[],
  plugins: readonly Plugin[] = [],
): Promise<void> {
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    packages: 'external',
    conditions: ['resultkit:source', ...conditions],
    format: 'esm',
    platform: 'neutral',
    target: 'es2024',
    // Names stay as they are, and stack traces are mapped to the sources.
    minifyWhitespace: true,
    // Node prints the line that threw above an uncaught error: in one line that would be the whole package.
    lineLimit: 160,
    sourcemap: 'linked',
    sourcesContent: false,
    plugins: [builtinModules, ...plugins],
    logLevel: 'warning',
  })
}

interface Entry {
  readonly 'resultkit:source'?: string
  readonly default?: string
}

const { name, exports } = JSON.parse(await readFile('package.json', 'utf8')) as {
  name: string
  exports: Record<string, Entry>
}
for (const [entry, { 'resultkit:source': source, default: outfile }] of Object.entries(exports)) {
  if (source === undefined || outfile === undefined) continue
  await bundle(source, outfile, [], entry === '.' ? [] : [mainModule(source, name)])
}
if (existsSync('src/hash')) await bundle('src/index.ts', 'dist/index.node.js', ['node'])
