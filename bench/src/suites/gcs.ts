import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { GcsJob, SmallFigures } from '../children/gcs.ts'
import type { Peak } from '../children/peak.ts'
import { runChild } from '../children/run-child.ts'
import { type Figures, interleave, type Samples, type Turn } from '../harness.ts'
import { ratios, summarise } from '../statistics.ts'
import type { Context, Suite } from '../suite.ts'
import { formatNumber, formatTable } from '../table.ts'
import type { Target } from '../targets.ts'

const KB = 1024
const MB = KB * KB
const CHILD = new URL('../children/gcs.ts', import.meta.url)
const SERVER = new URL('../../../test-fixtures/servers/gcs/main.ts', import.meta.url)

type Contender = GcsJob['contender']
const SMALL: readonly Contender[] = ['raw SDK', 'resultkit', 'files-sdk', 'flydrive']
const LARGE: readonly Contender[] = ['raw SDK', 'resultkit']

/** What passes between processes of one large value or stream. */
const PASSES = [
  { operation: 'write', bytes: 64 * MB },
  { operation: 'read', bytes: 64 * MB },
  { operation: 'write stream', bytes: 512 * MB },
  { operation: 'read stream', bytes: 512 * MB },
] as const

/** Google Cloud Storage: the test server of the repository in a process of its own. */
export const gcsSuite: Suite = {
  name: 'gcs',
  legend:
    "Against the repository's own server in another process, each contender in a fresh process. 1 KB: microseconds of processor time per operation (medians, quartiles), one caller; resultkit writes and verifies records. 64 MB as a whole, 512 MB as a stream: by how much the resident set grew at most, in MiB. Less is better. --quick leaves out the streams.",
  async run(context) {
    const { url, stop } = await startServer()
    try {
      const small = await measureSmall(context, url)
      const large = await measureLarge(context, url)
      return { targets: [...small.targets, ...large.targets], figures: [small.figures, large.figures] }
    } finally {
      stop()
    }
  },
}

async function startServer(): Promise<{ readonly url: string; stop(): void }> {
  const child = spawn(process.execPath, ['--conditions=resultkit:source', fileURLToPath(SERVER), '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface(child.stdout), 'line')
  return { url: String(line), stop: () => void child.kill() }
}

interface Part {
  readonly targets: readonly Target[]
  readonly figures: unknown
}

async function measureSmall({ options, print }: Context, url: string): Promise<Part> {
  const count = options.quick ? 200 : 500
  const turns = SMALL.map((contender): Turn => {
    const job: GcsJob = { contender, operation: 'small', url, bytes: KB, count }
    return { name: contender, run: async () => ({ ...(await runChild<SmallFigures>(CHILD, job)) }) }
  })
  const samples = await interleave(turns, { rounds: options.quick ? 3 : 9, warmUps: 0 })
  const phases = ['write', 'read']
  const toRaw = (name: string, phase: string): number =>
    ratios(samples.of(name, phase), samples.of('raw SDK', phase)).median
  const rows = SMALL.map((name) => [
    name,
    ...phases.flatMap((phase) => {
      const { median, low, high } = summarise(samples.of(name, phase))
      return [formatNumber(median), `${formatNumber(low)}-${formatNumber(high)}`, toRaw(name, phase).toFixed(2)]
    }),
  ])
  print(formatTable(['1 KB', 'write', 'quartiles', 'x raw', 'read', 'quartiles', 'x raw'], rows))
  const targets = phases.map((phase): Target => {
    return {
      what: `1 KB ${phase}: CPU`,
      unit: 'x raw SDK',
      measured: toRaw('resultkit', phase),
      limit: 1.1,
      bound: 'at most',
    }
  })
  const figures = SMALL.map((name) => ({
    contender: name,
    ...Object.fromEntries(phases.map((phase) => [phase, summarise(samples.of(name, phase))])),
  }))
  return { targets, figures }
}

async function measureLarge({ options, print }: Context, url: string): Promise<Part> {
  const passes = options.quick ? PASSES.slice(0, 2) : PASSES
  const turns = LARGE.map((contender): Turn => ({ name: contender, run: () => runPasses(contender, passes, url) }))
  const samples = await interleave(turns, { rounds: options.quick ? 1 : 3, warmUps: 0 })
  const rows = LARGE.map((name) => [
    name,
    ...passes.map(({ operation }) => formatNumber(growthOf(samples, name, operation))),
  ])
  print(formatTable(['growth, MiB', ...passes.map(({ operation, bytes }) => `${bytes / MB} MB ${operation}`)], rows))
  const limits = { write: 1.1 * 64, read: 1.9 * 64, 'write stream': 96, 'read stream': 96 }
  const targets = passes.map(({ operation, bytes }): Target => {
    const measured = growthOf(samples, 'resultkit', operation)
    return {
      what: `${bytes / MB} MB ${operation}: memory`,
      unit: 'MiB',
      measured,
      limit: limits[operation],
      bound: 'at most',
    }
  })
  const figures = LARGE.flatMap((contender) =>
    passes.map(({ operation }) => ({ contender, operation, growthMiB: growthOf(samples, contender, operation) })),
  )
  return { targets, figures }
}

async function runPasses(
  contender: Contender,
  passes: readonly (typeof PASSES)[number][],
  url: string,
): Promise<Figures> {
  const figures: Record<string, number> = {}
  for (const { operation, bytes } of passes) {
    const { growth } = await runChild<Peak>(CHILD, { contender, operation, url, bytes, count: 1 })
    figures[operation] = growth / MB
  }
  return figures
}

/** The median: one value is one process. */
function growthOf(samples: Samples, contender: string, operation: string): number {
  return summarise(samples.of(contender, operation)).median
}
