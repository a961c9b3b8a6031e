import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender } from '../contenders/contender.ts'
import { CONTENDERS, overlapped, raw, resultkit, resultkitJson } from '../contenders/index.ts'
import { interleave, type Samples, type Turn } from '../harness.ts'
import { ratios, summarise } from '../statistics.ts'
import type { Context, Suite } from '../suite.ts'
import { formatSize } from '../table.ts'
import { type Limits, PEER_LIMITS, RAW_LIMITS, type Target } from '../targets.ts'
import { formatRows, rowsOf } from './local-table.ts'
import { type Load, openChecked, PHASES, runLoad } from './turns.ts'

interface Cell extends Load {
  readonly count: number
  readonly rounds: number
}

const KB = 1024
const SIZES = [
  { size: KB, full: { count: 128, rounds: 31 }, quick: { count: 32, rounds: 9 } },
  { size: 100 * KB, full: { count: 64, rounds: 21 }, quick: { count: 16, rounds: 7 } },
  { size: KB * KB, full: { count: 32, rounds: 15 }, quick: { count: 16, rounds: 5 } },
]

/** Small, middling and large values with one caller and with 16. */
export const localSuite: Suite = {
  name: 'local',
  legend:
    'Microseconds per operation, medians over interleaved rounds with quartiles; "x raw" is the median of the ratios to raw fs/promises in the same round (find: to its read). Less is better. New objects of random bytes each round. --quick leaves out large values with 16 callers.',
  async run(context) {
    const targets: Target[] = []
    const figures: unknown[] = []
    for (const callers of [1, 16]) {
      for (const { size, full, quick } of SIZES) {
        const cell = { size, callers, ...(context.options.quick ? quick : full) }
        if (context.options.quick && callers > 1 && size > KB) continue
        const title = `${formatSize(size)}, ${callers === 1 ? '1 caller' : `${callers} callers`}`
        const contenders = CONTENDERS.filter((contender) => contender !== (size === KB ? overlapped : resultkitJson))
        const samples = await measure(context, cell, contenders)
        const rows = rowsOf(samples, PHASES)
        context.print(formatRows(title, contenders, rows, PHASES))
        targets.push(...targetsOf(title, cell, samples))
        figures.push({ ...cell, rows })
      }
    }
    return { targets, figures }
  },
}

async function measure(context: Context, cell: Cell, contenders: readonly Contender[]): Promise<Samples> {
  const directory = join(context.directory, `${cell.size}-${cell.callers}`)
  mkdirSync(directory)
  const turns: Turn[] = []
  for (const contender of contenders) {
    const store = await openChecked(contender, directory)
    turns.push({
      name: contender.name,
      async run(round) {
        const keys = Array.from({ length: cell.count }, (_, index) => `object-${round}-${index}`)
        const figures = await runLoad(store, keys, cell)
        for (const key of keys) await store.remove(key)
        return figures
      },
    })
  }
  try {
    return await interleave(turns, { rounds: cell.rounds, warmUps: 2 })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function targetsOf(title: string, { size, callers }: Cell, samples: Samples): readonly Target[] {
  const toRaw = RAW_LIMITS.filter((limit) => limit.size === size && limit.callers === callers)
  const toPeers = callers === 1 ? PEER_LIMITS.filter((limit) => limit.size === size) : []
  return [
    ...toRaw.flatMap(({ limits }) => compare(title, samples, [raw.name], limits)),
    ...toPeers.flatMap(({ peers, limits }) => compare(title, samples, peers, limits)),
  ]
}

/** Holds resultkit against the fastest of some others at each operation. */
export function compare(title: string, samples: Samples, others: readonly string[], limits: Limits): readonly Target[] {
  return Object.entries(limits).map(([operation, limit]) => {
    const medianOf = (name: string): number => summarise(samples.of(name, operation)).median
    const best = others.reduce((a, b) => (medianOf(b) < medianOf(a) ? b : a))
    const { median } = ratios(samples.of(resultkit.name, operation), samples.of(best, operation))
    return { what: `${title}: ${operation}`, unit: `x ${best}`, measured: median, limit, bound: 'at most' }
  })
}
