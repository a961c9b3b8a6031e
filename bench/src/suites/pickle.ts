import type { Peak } from '../children/peak.ts'
import type { PickleJob } from '../children/pickle.ts'
import { runChild } from '../children/run-child.ts'
import { JSON_TEXT, onePiece, PEERS, PICKLE, PICKLE_VIEWS, type PickleContender, V8 } from '../contenders/pickles.ts'
import { interleave, type Samples, type Turn } from '../harness.ts'
import { ratios, summarise } from '../statistics.ts'
import type { Context, Suite } from '../suite.ts'
import { formatNumber, formatTable } from '../table.ts'
import type { Target } from '../targets.ts'
import { type DataSet, dataSets } from './pickle-data.ts'

const MB = 1024 * 1024
const CHILD = new URL('../children/pickle.ts', import.meta.url)
/** Decoding 64 MB as a view, in milliseconds. */
const VIEW_LIMIT_MS = 0.2
/** How far memory may grow beyond the payload while it is encoded, in MiB. */
const GROWTH_MIB = 16

/** pickle beside what the platform has, and beside its peers. */
export const pickleSuite: Suite = {
  name: 'pickle',
  legend:
    'Sizes, and times of encode and decode in milliseconds: medians over interleaved rounds; "x base" is the median of the ratios to the base (first row) in the same round. Peers keep less than pickle. "-": refused, or failed.',
  async run(context) {
    const targets: Target[] = []
    const figures: unknown[] = []
    for (const data of dataSets(context.options.quick)) {
      const { rows, met } = await measure(context, data)
      targets.push(...met)
      figures.push({ data: data.name, rows })
    }
    const memory = await measureMemory(context)
    return { targets: [...targets, ...memory.targets], figures: [...figures, ...memory.figures] }
  },
}

async function measure(
  { options, print }: Context,
  data: DataSet,
): Promise<{ readonly rows: unknown; readonly met: readonly Target[] }> {
  const others = [JSON_TEXT, V8].filter((other) => other !== data.base && data.peers)
  const large = data.peers ? [] : [PICKLE_VIEWS]
  const contenders = [data.base, PICKLE, ...large, ...others, ...(data.peers ? PEERS : [])].filter((one) =>
    works(one, data.value),
  )
  const sizes = new Map(contenders.map((one) => [one.name, onePiece(one.encode(data.value)).length]))
  const rounds = options.quick ? 5 : data.peers ? 15 : 7
  const samples = await interleave(
    contenders.map((one) => turnOf(one, data)),
    { rounds, warmUps: data.warmUps },
  )
  const rows = contenders.map(({ name }) => rowOf(name, data, samples, sizes))
  print(formatTable([data.name, 'x size', 'encode ms', 'x base', 'decode ms', 'x base'], rows))
  return { rows, met: targetsOf(data, samples, sizes) }
}

function works({ encode, decode }: PickleContender, value: unknown): boolean {
  try {
    decode(onePiece(encode(value)))
    return true
  } catch {
    return false
  }
}

function turnOf(contender: PickleContender, { value, count }: DataSet): Turn {
  const bytes = onePiece(contender.encode(value))
  return {
    name: contender.name,
    async run() {
      const encode = milliseconds(count, () => contender.encode(value))
      globalThis.gc?.()
      return { encode, decode: milliseconds(count, () => contender.decode(bytes)) }
    },
  }
}

function milliseconds(count: number, work: () => unknown): number {
  const start = performance.now()
  for (let index = 0; index < count; index++) work()
  return (performance.now() - start) / count
}

function rowOf(
  name: string,
  { base }: DataSet,
  samples: Samples,
  sizes: ReadonlyMap<string, number>,
): readonly string[] {
  const size = (sizes.get(name) ?? Number.NaN) / (sizes.get(base.name) ?? Number.NaN)
  const phase = (phase: string): readonly string[] => [
    formatNumber(summarise(samples.of(name, phase)).median),
    formatNumber(ratios(samples.of(name, phase), samples.of(base.name, phase)).median),
  ]
  return [name, formatNumber(size), ...phase('encode'), ...phase('decode')]
}

function targetsOf(data: DataSet, samples: Samples, sizes: ReadonlyMap<string, number>): readonly Target[] {
  const { name, base, limits } = data
  const targets: Target[] = []
  const add = (what: string, measured: number, limit: number | undefined, unit: string = `x ${base.name}`): void => {
    if (limit !== undefined) targets.push({ what: `${name}: ${what}`, unit, measured, limit, bound: 'at most' })
  }
  add('size', (sizes.get(PICKLE.name) ?? Number.NaN) / (sizes.get(base.name) ?? Number.NaN), limits.size)
  for (const phase of ['encode', 'decode'] as const)
    add(phase, ratios(samples.of(PICKLE.name, phase), samples.of(base.name, phase)).median, limits[phase])
  if (data.peers) return targets
  add(
    'encode, borrowed',
    ratios(samples.of(PICKLE_VIEWS.name, 'encode'), samples.of(base.name, 'encode')).median,
    limits.encode,
  )
  add('decode as a view', summarise(samples.of(PICKLE_VIEWS.name, 'decode')).median, VIEW_LIMIT_MS, 'ms')
  return targets
}

async function measureMemory({ options, print }: Context): Promise<{
  readonly targets: readonly Target[]
  readonly figures: readonly unknown[]
}> {
  const jobs = [
    { value: 'floats', bytes: 64 * MB },
    { value: 'buffer', bytes: 256 * MB },
  ] as const
  const names = [PICKLE, PICKLE_VIEWS, V8, ...PEERS.slice(0, 2)].map(({ name }) => name)
  const rows: string[][] = []
  const figures: unknown[] = []
  const targets: Target[] = []
  for (const { value, bytes } of options.quick ? jobs.slice(0, 1) : jobs) {
    for (const contender of names) {
      const grown = async (operation: PickleJob['operation']): Promise<number> =>
        (await runChild<Peak>(CHILD, { contender, operation, value, bytes } satisfies PickleJob)).growth / MB
      const encode = await grown('encode')
      const decode = await grown('decode')
      rows.push([`${value} ${bytes / MB} MB, ${contender}`, formatNumber(encode), formatNumber(decode)])
      figures.push({ value, bytes, contender, encode, decode })
      if (contender !== PICKLE.name) continue
      const what = `${value} ${bytes / MB} MB: memory of encode`
      targets.push({ what, unit: 'MiB', measured: encode, limit: bytes / MB + GROWTH_MIB, bound: 'at most' })
    }
  }
  print(formatTable(['peak growth of memory, MiB', 'encode', 'decode'], rows))
  return { targets, figures }
}
