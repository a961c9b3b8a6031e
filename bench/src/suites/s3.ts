import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Peak } from '../children/peak.ts'
import { runChild } from '../children/run-child.ts'
import type { S3Job } from '../children/s3.ts'
import { S3_CONTENDERS, type S3Contender, type S3Place, type S3Store, s3Raw, s3Resultkit } from '../contenders/s3.ts'
import { type Figures, interleave, type Samples, type Turn } from '../harness.ts'
import { randomPayload, stamp } from '../payload.ts'
import { ratios, summarise } from '../statistics.ts'
import type { Context, Report, Suite } from '../suite.ts'
import { formatNumber, formatSize, formatTable } from '../table.ts'
import type { Target } from '../targets.ts'

const KB = 1024
const MB = KB * KB
const CHILD = new URL('../children/s3.ts', import.meta.url)
const SERVER = new URL('../../../test-fixtures/servers/s3/main.ts', import.meta.url)
const PHASES = ['write', 'read', 'exists', 'miss', 'create'] as const

/** Processor time relative to the raw SDK, by size. */
const CPU_LIMITS = [
  { size: KB, limit: 1.05, count: 100, full: 25, quick: 7, phases: PHASES },
  { size: MB, limit: 1.15, count: 16, full: 15, quick: 5, phases: ['write', 'read'] as const },
] as const
/** Growth of memory for one value of 64 MB, relative to the value. */
const WHOLE = { bytes: 64 * MB, limits: { write: 1.1, read: 1.9 } } as const
/** Growth of memory for a stream, in MiB. */
const STREAM_LIMIT = 96

/** Processor time and memory against the raw SDK, on the S3 server of this repository. */
export const s3Suite: Suite = {
  name: 's3',
  legend:
    'The S3 server of test-fixtures, in a process of its own. Processor time of the client in microseconds per operation, medians over interleaved rounds; "x raw" is the median of the ratios to the raw SDK in the same round. create: a write with ifAbsent. resultkit: records with sha256, verified on reading. Memory: the most the resident set grew in a fresh process.',
  async run(context): Promise<Report> {
    const { place, close } = await startServer()
    try {
      const cpu = await measureCpu(context, place)
      const memory = await measureMemory(context, place)
      return { targets: [...cpu.targets, ...memory.targets], figures: { cpu: cpu.figures, memory: memory.figures } }
    } finally {
      await close()
    }
  },
}

async function startServer(): Promise<{ readonly place: S3Place; close(): Promise<void> }> {
  const child = spawn(process.execPath, [fileURLToPath(SERVER), '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const close = async (): Promise<void> => {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
  }
  return { place: JSON.parse(line.toString()) as S3Place, close }
}

async function measureCpu({ options, print }: Context, place: S3Place): Promise<Report> {
  const targets: Target[] = []
  const figures: unknown[] = []
  for (const { size, limit, count, full, quick, phases } of CPU_LIMITS) {
    const turns = S3_CONTENDERS.map((contender) => cpuTurn(contender, place, size, count))
    const samples = await interleave(turns, { rounds: options.quick ? quick : full, warmUps: 3 })
    print(formatCpu(formatSize(size), samples, phases))
    for (const phase of phases) {
      const what = `${formatSize(size)}: ${phase}, processor time`
      const measured = toRaw(samples, s3Resultkit.name, phase).median
      targets.push({ what, unit: 'x raw SDK', measured, limit, bound: 'at most' })
      for (const contender of samples.names) {
        const microseconds = summarise(samples.of(contender, phase))
        figures.push({ size, phase, contender, microseconds, toRaw: toRaw(samples, contender, phase) })
      }
    }
  }
  return { targets, figures }
}

function cpuTurn(contender: S3Contender, place: S3Place, size: number, count: number): Turn {
  const store = contender.open(place)
  const payload = randomPayload(size)
  return {
    name: contender.name,
    async run(round): Promise<Figures> {
      const name = contender.name.replace(' ', '-')
      const keys = Array.from({ length: count }, (_, index) => `${name}-${round}-${index}`)
      const figures = await runPhases(store, keys, payload, contender.name)
      for (const key of keys) await store.remove(key)
      return figures
    },
  }
}

async function runPhases(store: S3Store, keys: readonly string[], payload: Uint8Array, name: string): Promise<Figures> {
  const write = await perOperation(keys, (key) => store.write(key, stamp(payload)))
  const read = await perOperation(keys, async (key) => {
    const found = await store.read(key)
    if (found.byteLength !== payload.byteLength) throw new Error(`${name}: ${found.byteLength} bytes.`)
  })
  const exists = await perOperation(keys, async (key) => {
    if (!(await store.exists(key))) throw new Error(`${name} does not find what it wrote.`)
  })
  const miss = await perOperation(keys, (key) => store.miss(`${key}-absent`))
  const { create } = store
  if (create === undefined) return { write, read, exists, miss }
  const fresh = keys.map((key) => `${key}-fresh`)
  const created = await perOperation(fresh, (key) => create(key, stamp(payload)))
  for (const key of fresh) await store.remove(key)
  return { write, read, exists, miss, create: created }
}

async function perOperation(keys: readonly string[], operation: (key: string) => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  for (const key of keys) await operation(key)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / keys.length
}

function toRaw(samples: Samples, contender: string, phase: string): ReturnType<typeof ratios> {
  return ratios(samples.of(contender, phase), samples.of(s3Raw.name, phase))
}

function formatCpu(title: string, samples: Samples, phases: readonly string[]): string {
  const rows = S3_CONTENDERS.map(({ name, promises }) => [
    name,
    promises,
    ...phases.flatMap((phase) => [
      formatNumber(summarise(samples.of(name, phase)).median),
      toRaw(samples, name, phase).median.toFixed(2),
    ]),
  ])
  return formatTable([title, 'promises', ...phases.flatMap((phase) => [phase, 'x raw'])], rows)
}

type MemoryCase = Omit<S3Job, 'place'>

async function measureMemory({ options, print }: Context, place: S3Place): Promise<Report> {
  const stream = (options.quick ? 128 : 512) * MB
  const cases: MemoryCase[] = [
    ...(['write', 'read'] as const).flatMap((operation) =>
      (['raw SDK', 'resultkit'] as const).map((contender) => ({ contender, operation, bytes: WHOLE.bytes })),
    ),
    { contender: 'resultkit', operation: 'stream write', bytes: stream },
    { contender: 'resultkit', operation: 'stream read', bytes: stream },
  ]
  const rounds = options.quick ? 1 : 3
  const rows: string[][] = []
  const targets: Target[] = []
  const figures: unknown[] = []
  for (const item of cases) {
    const peaks: Peak[] = []
    for (let round = 0; round < rounds; round++) peaks.push(await runChild<Peak>(CHILD, { ...item, place }))
    const growth = Math.max(...peaks.map((peak) => peak.growth))
    const { median } = summarise(peaks.map(({ ms }) => ms))
    const { operation, bytes, contender } = item
    const grown = [`${formatNumber(growth / MB)} MiB`, `${(growth / bytes).toFixed(2)} x`]
    rows.push([`${operation}, ${formatSize(bytes)}`, contender, `${formatNumber(median)} ms`, ...grown])
    figures.push({ ...item, growth, ms: median })
    if (contender === 'resultkit') targets.push(memoryTarget(item, growth))
  }
  print(formatTable(['one value', '', 'time', 'memory', 'of the value'], rows))
  return { targets, figures }
}

function memoryTarget({ operation, bytes }: MemoryCase, growth: number): Target {
  const what = `${formatSize(bytes)}: ${operation}, memory`
  if (operation === 'write' || operation === 'read')
    return { what, unit: 'x the value', measured: growth / bytes, limit: WHOLE.limits[operation], bound: 'at most' }
  return { what, unit: 'MiB', measured: growth / MB, limit: STREAM_LIMIT, bound: 'at most' }
}
