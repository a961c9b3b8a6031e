import type { BufferedJob } from '../children/buffered.ts'
import type { Peak } from '../children/peak.ts'
import { runChild } from '../children/run-child.ts'
import { interleave, type Samples, type Turn } from '../harness.ts'
import { summarise } from '../statistics.ts'
import type { Suite } from '../suite.ts'
import { formatNumber, formatTable } from '../table.ts'

const MB = 1024 * 1024
const BYTES = 64 * MB
const CHILD = new URL('../children/buffered.ts', import.meta.url)
const CONTENDERS = ['raw', 'resultkit', 'resultkit in memory'] as const
const OPERATIONS = ['write', 'read'] as const

/** How much memory one large value takes on its way. No targets. */
export const memorySuite: Suite = {
  name: 'memory',
  legend:
    'A value of 64 MB as a whole, each in a fresh process. Memory: by how much the resident set grew at most, relative to the value (a read cannot go below 1). Milliseconds: the first call of a process.',
  async run({ options, directory, print }) {
    const rounds = options.quick ? 1 : 5
    const samples = await interleave(
      CONTENDERS.map((contender) => turnOf(contender, directory)),
      { rounds, warmUps: 0 },
    )
    print(formatTable(['64 MB', ...OPERATIONS.flatMap((operation) => [operation, 'memory'])], rowsOf(samples)))
    const figures = CONTENDERS.flatMap((contender) =>
      OPERATIONS.map((operation) => ({
        contender,
        operation,
        milliseconds: summarise(samples.of(contender, operation)),
        growthToPayload: summarise(samples.of(contender, `${operation}: growth`)),
      })),
    )
    return { targets: [], figures }
  },
}

function turnOf(contender: BufferedJob['contender'], directory: string): Turn {
  return {
    name: contender,
    async run() {
      const figures: Record<string, number> = {}
      for (const operation of OPERATIONS) {
        const job: BufferedJob = { contender, operation, directory, bytes: BYTES }
        const { ms, growth } = await runChild<Peak>(CHILD, job)
        figures[operation] = ms
        figures[`${operation}: growth`] = growth / BYTES
      }
      return figures
    },
  }
}

function rowsOf(samples: Samples): readonly (readonly string[])[] {
  return CONTENDERS.map((contender) => [
    contender,
    ...OPERATIONS.flatMap((operation) => [
      `${formatNumber(summarise(samples.of(contender, operation)).median)} ms`,
      `${summarise(samples.of(contender, `${operation}: growth`)).median.toFixed(2)} x`,
    ]),
  ])
}
