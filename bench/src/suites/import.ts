import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { interleave, type Samples, type Turn } from '../harness.ts'
import { differences, type Summary, summarise } from '../statistics.ts'
import type { Suite } from '../suite.ts'
import { formatNumber, formatTable } from '../table.ts'
import { IMPORT_LIMIT_MS } from '../targets.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const BENCH = join(ROOT, 'bench')
const EMPTY = 'an empty module'
const OURS = 'core + local'

const core = builtFile('packages/core')
const local = builtFile('packages/storage/local')

/** What each process imports: built files, as they are published. */
const IMPORTS: Readonly<Record<string, readonly string[]>> = {
  [EMPTY]: [],
  core: [core],
  [OURS]: [core, local],
}
const PEERS: Readonly<Record<string, readonly string[]>> = {
  cacache: ['cacache'],
  unstorage: ['unstorage', 'unstorage/drivers/fs'],
  flystorage: ['@flystorage/file-storage', '@flystorage/local-fs'],
  flydrive: ['flydrive', 'flydrive/drivers/fs'],
  'files-sdk': ['files-sdk', 'files-sdk/fs'],
}

/** Microseconds of processor time since the start; by the shortest way, so that writing it loads nothing more. */
const REPORT =
  "const { user, system } = process.cpuUsage(); process.getBuiltinModule('node:fs').writeSync(1, String(user + system))"

/** What an import adds to the start of a process. */
export const importSuite: Suite = {
  name: 'import',
  legend:
    'Milliseconds from start to end of a process that imports the built files; "added" is the median of the differences to an empty module in the same round, with quartiles. "added CPU": the same of processor time up to the end of the import, which other programs disturb less.',
  async run({ options, print }) {
    const note = build()
    if (note !== undefined) print(note)
    if (!existsSync(core) || !existsSync(local)) {
      print('Nothing is built; not measured.')
      return { targets: [], figures: null }
    }
    const imports = options.quick ? IMPORTS : { ...IMPORTS, ...PEERS }
    const turns = Object.entries(imports).map(([name, modules]) => turnOf(name, modules))
    const samples = await interleave(turns, { rounds: options.quick ? 15 : 31, warmUps: 2 })
    print(formatImports(samples))
    const added = addedBy(samples, OURS, 'ms')
    const figures = samples.names.map((name) => ({
      name,
      ms: summarise(samples.of(name, 'ms')),
      added: addedBy(samples, name, 'ms'),
      addedCpu: addedBy(samples, name, 'cpu'),
    }))
    const what = `import of ${OURS}`
    return {
      targets: [{ what, unit: 'ms', measured: added.median, limit: IMPORT_LIMIT_MS, bound: 'at most' }],
      figures,
    }
  },
}

/** Brings dist up to date; what went wrong, if anything did. */
function build(): string | undefined {
  const packages = ['packages/core', 'packages/storage/local'].flatMap((path) => ['--workspace', path])
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'build', ...packages], {
    cwd: ROOT,
    encoding: 'utf8',
    env: buildEnvironment(),
    shell: process.platform === 'win32',
  })
  if (status === 0) return undefined
  const [first = 'npm did not run'] = `${stdout ?? ''}\n${stderr ?? ''}`.trim().split('\n')
  return `The build failed (${first}); what was built before is measured, if there is anything.`
}

/** The build runs on the same Node as the benchmark, whatever the machine has. */
function buildEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) }
}

function turnOf(name: string, modules: readonly string[]): Turn {
  const code = modules.map((module) => `import ${JSON.stringify(specifier(module))};`).join('') + REPORT
  const args = ['--input-type=module', '-e', code]
  return {
    name,
    async run() {
      const start = performance.now()
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: BENCH, encoding: 'utf8' })
      const ms = performance.now() - start
      if (status !== 0) throw new Error(`The import of ${name} failed: ${stderr}`)
      return { ms, cpu: Number(stdout) / 1000 }
    },
  }
}

function specifier(module: string): string {
  return module.startsWith(ROOT) ? pathToFileURL(module).href : module
}

function builtFile(directory: string): string {
  return join(ROOT, directory, 'dist', 'index.js')
}

function addedBy(samples: Samples, name: string, phase: 'ms' | 'cpu'): Summary {
  return differences(samples.of(name, phase), samples.of(EMPTY, phase))
}

function formatImports(samples: Samples): string {
  const rows = samples.names.map((name) => {
    const total = formatNumber(summarise(samples.of(name, 'ms')).median)
    if (name === EMPTY) return [name, total]
    return [name, total, ...(['ms', 'cpu'] as const).flatMap((phase) => formatAdded(addedBy(samples, name, phase)))]
  })
  return formatTable(['import', 'process ms', 'added ms', 'quartiles', 'added CPU', 'quartiles'], rows)
}

function formatAdded({ median, low, high }: Summary): readonly string[] {
  return [formatNumber(median), `${formatNumber(low)}-${formatNumber(high)}`]
}
