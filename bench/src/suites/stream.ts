import type { Peak } from '../children/peak.ts'
import { runChild } from '../children/run-child.ts'
import type { StreamJob } from '../children/stream.ts'
import { interleave, type Samples, type Turn } from '../harness.ts'
import { ratios, summarise } from '../statistics.ts'
import type { Suite } from '../suite.ts'
import { formatNumber, formatSize, formatTable } from '../table.ts'
import { STREAM_FLOOR, STREAM_GROWTH_MIB, type Target } from '../targets.ts'

const KB = 1024
const MB = KB * KB
const CHILD = new URL('../children/stream.ts', import.meta.url)
const CONTENDERS = ['floor', 'resultkit'] as const

/** A write in chunks of some size, or a read. */
interface Case {
  readonly phase: string
  readonly operation: 'write' | 'read'
  readonly chunk: number
}

const CASES: readonly Case[] = [
  { phase: 'write, chunks of 64 KB', operation: 'write', chunk: 64 * KB },
  { phase: 'write, chunks of 1 MB', operation: 'write', chunk: MB },
  { phase: 'read', operation: 'read', chunk: MB },
]

/** A stream of half a gigabyte against what one would write by hand, and the memory that it takes. */
export const streamSuite: Suite = {
  name: 'stream',
  legend:
    '512 MB (256 MB with --quick) of byte chunks, each pass in a fresh process. floor: file handles, incremental sha256, I/O and hashing overlapped, rename; it hands out chunks that may be kept. MB/s (medians, quartiles), more is better; memory: the most the resident set grew in any round, in MiB.',
  async run({ options, directory, print }) {
    const bytes = (options.quick ? 256 : 512) * MB
    const cases = options.quick ? CASES.filter(({ chunk }) => chunk === MB) : CASES
    const turns = CONTENDERS.map((contender) => turnOf(contender, cases, { directory, bytes }))
    const samples = await interleave(turns, { rounds: options.quick ? 3 : 5, warmUps: options.quick ? 0 : 1 })
    print(formatCases(formatSize(bytes), cases, samples))
    const figures = cases.flatMap(({ phase }) =>
      CONTENDERS.map((contender) => ({
        phase,
        contender,
        megabytesPerSecond: summarise(samples.of(contender, phase)),
        toFloor: ratios(samples.of(contender, phase), samples.of('floor', phase)),
        growthMiB: growthOf(samples, contender, phase),
      })),
    )
    return { targets: cases.flatMap((item) => targetsOf(formatSize(bytes), item, samples)), figures }
  },
}

function turnOf(
  contender: StreamJob['contender'],
  cases: readonly Case[],
  stream: Pick<StreamJob, 'directory' | 'bytes'>,
): Turn {
  return {
    name: contender,
    async run() {
      const figures: Record<string, number> = {}
      for (const { phase, operation, chunk } of cases) {
        const job: StreamJob = { ...stream, contender, operation, chunk }
        const { ms, growth } = await runChild<Peak>(CHILD, job)
        figures[phase] = stream.bytes / MB / (ms / 1000)
        figures[`${phase}: growth`] = growth / MB
      }
      return figures
    },
  }
}

function formatCases(title: string, cases: readonly Case[], samples: Samples): string {
  const rows = cases.flatMap(({ phase }) =>
    CONTENDERS.map((contender) => {
      const { median, low, high } = summarise(samples.of(contender, phase))
      const ratio = ratios(samples.of(contender, phase), samples.of('floor', phase)).median
      const growth = growthOf(samples, contender, phase)
      const quartiles = `${formatNumber(low)}-${formatNumber(high)}`
      return [phase, contender, formatNumber(median), quartiles, ratio.toFixed(2), formatNumber(growth)]
    }),
  )
  return formatTable([title, '', 'MB/s', 'quartiles', 'x floor', 'memory'], rows)
}

function targetsOf(title: string, { phase, operation }: Case, samples: Samples): readonly Target[] {
  const ratio = ratios(samples.of('resultkit', phase), samples.of('floor', phase)).median
  const growth = growthOf(samples, 'resultkit', phase)
  const what = `${title} stream, ${phase}`
  return [
    { what, unit: 'x floor (MB/s)', measured: ratio, limit: STREAM_FLOOR, bound: 'at least' },
    { what: `${what}: memory`, unit: 'MiB', measured: growth, limit: STREAM_GROWTH_MIB[operation], bound: 'at most' },
  ]
}

function growthOf(samples: Samples, contender: string, phase: string): number {
  return Math.max(...samples.of(contender, `${phase}: growth`))
}
