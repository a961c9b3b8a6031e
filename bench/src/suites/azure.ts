import { ContainerClient } from '@azure/storage-blob'
import { startAzurite } from '../../../test-fixtures/servers/azurite.ts'
import type { AzureJob } from '../children/azure.ts'
import type { Peak } from '../children/peak.ts'
import { runChild } from '../children/run-child.ts'
import {
  AZURE_CONTENDERS,
  type AzureContender,
  type AzurePlace,
  azureRaw,
  azureResultkit,
} from '../contenders/azure.ts'
import { type Figures, interleave, type Samples, type Turn } from '../harness.ts'
import { randomPayload, stamp } from '../payload.ts'
import { ratios, summarise } from '../statistics.ts'
import type { Context, Report, Suite } from '../suite.ts'
import { formatNumber, formatSize, formatTable } from '../table.ts'
import type { Target } from '../targets.ts'

const KB = 1024
const MB = KB * KB
const CHILD = new URL('../children/azure.ts', import.meta.url)
const PHASES = ['write', 'read'] as const

/** Processor time relative to the raw SDK, by size. */
const CPU_LIMITS = [
  { size: KB, limit: 1.1, count: 100, full: 25, quick: 7 },
  { size: MB, limit: 1.15, count: 16, full: 15, quick: 5 },
] as const
/** Growth of memory for one value of 64 MB, relative to the value. */
const WHOLE = { bytes: 64 * MB, limits: { write: 1.1, read: 1.9 } } as const
/** Growth of memory for a stream, in MiB. */
const STREAM_LIMIT = 96

/** Processor time and memory against the raw SDK, on Azurite. */
export const azureSuite: Suite = {
  name: 'azure',
  legend:
    'Azurite on this machine. Processor time of the client in microseconds per operation (Azurite\'s own is another process), medians over interleaved rounds; "x raw" is the median of the ratios to the raw SDK in the same round, then the time on the wall. resultkit: records with sha256, verified on reading. Memory: the most the resident set grew in a fresh process.',
  async run(context): Promise<Report> {
    const azurite = await startAzurite()
    try {
      const place = { connectionString: azurite.connectionString(), container: 'bench' }
      await new ContainerClient(place.connectionString, place.container).create()
      const cpu = await measureCpu(context, place)
      const memory = await measureMemory(context, place)
      return { targets: [...cpu.targets, ...memory.targets], figures: { cpu: cpu.figures, memory: memory.figures } }
    } finally {
      await azurite.close()
    }
  },
}

async function measureCpu({ options, print }: Context, place: AzurePlace): Promise<Report> {
  const targets: Target[] = []
  const figures: unknown[] = []
  for (const { size, limit, count, full, quick } of CPU_LIMITS) {
    const turns = AZURE_CONTENDERS.map((contender) => cpuTurn(contender, place, size, count))
    const samples = await interleave(turns, { rounds: options.quick ? quick : full, warmUps: 3 })
    print(formatCpu(formatSize(size), samples))
    for (const phase of PHASES) {
      const { median } = toRaw(samples, azureResultkit.name, phase)
      targets.push({
        what: `${formatSize(size)}: ${phase}, processor time`,
        unit: 'x raw SDK',
        measured: median,
        limit,
        bound: 'at most',
      })
      figures.push(
        ...samples.names.map((contender) => ({
          size,
          phase,
          contender,
          microseconds: summarise(samples.of(contender, phase)),
          toRaw: toRaw(samples, contender, phase),
        })),
      )
    }
  }
  return { targets, figures }
}

function cpuTurn(contender: AzureContender, place: AzurePlace, size: number, count: number): Turn {
  const store = contender.open(place)
  const payload = randomPayload(size)
  return {
    name: contender.name,
    async run(round): Promise<Figures> {
      const keys = Array.from({ length: count }, (_, index) => `${contender.name.replace(' ', '-')}-${round}-${index}`)
      const write = await perOperation(keys, (key) => store.write(key, stamp(payload)))
      const read = await perOperation(keys, async (key) => {
        const found = await store.read(key)
        if (found.byteLength !== size) throw new Error(`${contender.name}: ${found.byteLength} bytes, not ${size}.`)
      })
      for (const key of keys) await store.remove(key)
      return { write: write.cpu, 'write: wall': write.wall, read: read.cpu, 'read: wall': read.wall }
    },
  }
}

async function perOperation(
  keys: readonly string[],
  operation: (key: string) => Promise<unknown>,
): Promise<{ readonly cpu: number; readonly wall: number }> {
  const before = process.cpuUsage()
  const start = performance.now()
  for (const key of keys) await operation(key)
  const { user, system } = process.cpuUsage(before)
  return { cpu: (user + system) / keys.length, wall: ((performance.now() - start) * 1000) / keys.length }
}

function toRaw(samples: Samples, contender: string, phase: string): ReturnType<typeof ratios> {
  return ratios(samples.of(contender, phase), samples.of(azureRaw.name, phase))
}

function formatCpu(title: string, samples: Samples): string {
  const rows = AZURE_CONTENDERS.map(({ name, promises }) => [
    name,
    promises,
    ...PHASES.flatMap((phase) => [
      formatNumber(summarise(samples.of(name, phase)).median),
      toRaw(samples, name, phase).median.toFixed(2),
      formatNumber(summarise(samples.of(name, `${phase}: wall`)).median),
    ]),
  ])
  return formatTable([title, 'promises', ...PHASES.flatMap((phase) => [`${phase}: cpu`, 'x raw', 'wall'])], rows)
}

interface MemoryCase {
  readonly contender: AzureJob['contender']
  readonly operation: AzureJob['operation']
  readonly bytes: number
}

async function measureMemory({ options, print }: Context, place: AzurePlace): Promise<Report> {
  const stream = (options.quick ? 128 : 512) * MB
  const cases: MemoryCase[] = [
    ...PHASES.flatMap((operation) =>
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
    rows.push([
      `${item.operation}, ${formatSize(item.bytes)}`,
      item.contender,
      `${formatNumber(median)} ms`,
      `${formatNumber(growth / MB)} MiB`,
      `${(growth / item.bytes).toFixed(2)} x`,
    ])
    figures.push({ ...item, growth, ms: median })
    if (item.contender === 'resultkit') targets.push(memoryTarget(item, growth))
  }
  print(formatTable(['one value', '', 'time', 'memory', 'of the value'], rows))
  return { targets, figures }
}

function memoryTarget({ operation, bytes }: MemoryCase, growth: number): Target {
  const what = `${formatSize(bytes)}: ${operation}, memory`
  if (operation === 'write' || operation === 'read') {
    return { what, unit: 'x the value', measured: growth / bytes, limit: WHOLE.limits[operation], bound: 'at most' }
  }
  return { what, unit: 'MiB', measured: growth / MB, limit: STREAM_LIMIT, bound: 'at most' }
}
