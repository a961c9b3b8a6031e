import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeMachine, formatMachine, makeDirectory } from './environment.ts'
import { type Options, parseOptions, USAGE } from './options.ts'
import type { Report, Suite } from './suite.ts'
import { azureSuite } from './suites/azure.ts'
import { encryptSuite } from './suites/encrypt.ts'
import { gcsSuite } from './suites/gcs.ts'
import { importSuite } from './suites/import.ts'
import { listSuite } from './suites/list.ts'
import { localSuite } from './suites/local.ts'
import { memorySuite } from './suites/memory.ts'
import { pickleSuite } from './suites/pickle.ts'
import { s3Suite } from './suites/s3.ts'
import { serializersSuite } from './suites/serializers.ts'
import { streamSuite } from './suites/stream.ts'
import { tasksSuite } from './suites/tasks.ts'
import { formatTargets, isMet, summariseTargets } from './targets.ts'

const SUITES: readonly Suite[] = [
  localSuite,
  listSuite,
  streamSuite,
  memorySuite,
  importSuite,
  azureSuite,
  encryptSuite,
  s3Suite,
  gcsSuite,
  tasksSuite,
  serializersSuite,
  pickleSuite,
]

const options = parseOptions(process.argv.slice(2))
if (options === undefined) {
  console.log(`${USAGE}\n\nsuites: ${SUITES.map(({ name }) => name).join(', ')}`)
} else {
  const directory = makeDirectory(options.directory)
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  process.once('SIGINT', () => process.exit(130))
  process.once('SIGTERM', () => process.exit(143))
  await bench(options, directory)
}

async function bench(options: Options, directory: string): Promise<void> {
  const started = performance.now()
  const suites = chosen(options.only)
  const machine = describeMachine(directory)
  console.log(`resultkit benchmark${options.quick ? ' (quick)' : ''}: ${formatMachine(machine)}`)
  const reports: Record<string, Report> = {}
  for (const suite of suites) reports[suite.name] = await runSuite(suite, options, directory)
  const targets = Object.values(reports).flatMap((report) => report.targets)
  const seconds = Math.round((performance.now() - started) / 1000)
  console.log(`\n${seconds} seconds in all. ${summariseTargets(targets)}`)
  if (options.json !== undefined) writeJson(options.json, { machine, quick: options.quick, seconds }, reports)
}

function chosen(only: readonly string[]): readonly Suite[] {
  const unknown = only.filter((name) => !SUITES.some((suite) => suite.name === name))
  if (unknown.length > 0) {
    console.error(
      `There is no suite ${unknown.join(', ')}.\n\n${USAGE}\n\nsuites: ${SUITES.map(({ name }) => name).join(', ')}`,
    )
    process.exit(2)
  }
  return only.length === 0 ? SUITES : SUITES.filter(({ name }) => only.includes(name))
}

async function runSuite(suite: Suite, options: Options, base: string): Promise<Report> {
  const directory = join(base, suite.name)
  mkdirSync(directory)
  console.log(`\n== ${suite.name} ==\n${suite.legend}`)
  try {
    const started = performance.now()
    const report = await suite.run({ options, directory, print: (text) => console.log(`\n${text}`) })
    if (report.targets.length > 0) console.log(`\n${formatTargets(report.targets)}`)
    console.log(`\n(${Math.round((performance.now() - started) / 1000)} s)`)
    return report
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function writeJson(file: string, run: object, reports: Readonly<Record<string, Report>>): void {
  const suites = Object.fromEntries(
    Object.entries(reports).map(([name, { targets, figures }]) => [
      name,
      { targets: targets.map((target) => ({ ...target, met: isMet(target) })), figures },
    ]),
  )
  writeFileSync(file, `${JSON.stringify({ ...run, suites }, undefined, 2)}\n`)
}
