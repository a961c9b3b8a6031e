import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender } from '../contenders/contender.ts'
import { CONTENDERS, overlapped, raw, resultkit, resultkitJson } from '../contenders/index.ts'
import { type Figures, interleave, type Turn } from '../harness.ts'
import { summarise } from '../statistics.ts'
import type { Suite } from '../suite.ts'
import { LIST_LIMIT_MS, MANY_LIMITS, type Target } from '../targets.ts'
import { compare } from './local.ts'
import { formatRows, rowsOf } from './local-table.ts'
import { openChecked, openStore, runLoad } from './turns.ts'

const LOAD = { size: 1024, callers: 16, count: 5000 }
const KEYS = Array.from({ length: LOAD.count }, (_, index) => `object-${String(index).padStart(4, '0')}`)
const PHASES = ['write', 'read', 'exists', 'list']
const TITLE = '5,000 objects'

/** Many objects: each round writes them to an empty directory, reads, looks for and lists them. */
export const listSuite: Suite = {
  name: 'list',
  legend:
    '5,000 objects of 1 KB in one directory, 16 callers. Microseconds per operation; list: milliseconds for all, with size and time of change (cacache: its index; unstorage: names alone). Medians over interleaved rounds. --quick leaves the peers out.',
  async run({ options, directory, print }) {
    const contenders = CONTENDERS.filter(({ kind }) => !options.quick || kind !== 'peer').filter(
      (contender) => contender !== resultkitJson && contender !== overlapped,
    )
    for (const contender of contenders) await openChecked(contender, join(directory, 'warm-up'))
    const turns = contenders.map((contender) => turnOf(contender, directory))
    const rounds = options.quick ? 3 : 5
    const samples = await interleave(turns, { rounds })
    const rows = rowsOf(samples, PHASES)
    print(formatRows(TITLE, contenders, rows, PHASES))
    const list: Target = {
      what: `${TITLE}: list`,
      unit: 'ms',
      measured: summarise(samples.of(resultkit.name, 'list')).median,
      limit: LIST_LIMIT_MS,
      bound: 'at most',
    }
    return { targets: [...compare(TITLE, samples, [raw.name], MANY_LIMITS), list], figures: { ...LOAD, rounds, rows } }
  },
}

function turnOf(contender: Contender, base: string): Turn {
  return {
    name: contender.name,
    async run(round): Promise<Figures> {
      const directory = join(base, `round-${round}`)
      const store = openStore(contender, directory)
      const { write = 0, read = 0, exists = 0 } = await runLoad(store, KEYS, LOAD)
      const start = performance.now()
      const listed = await store.list()
      const list = performance.now() - start
      if (listed !== LOAD.count) throw new Error(`${contender.name}: list gave ${listed} of ${LOAD.count} objects.`)
      rmSync(directory, { recursive: true })
      return { write, read, exists, list }
    },
  }
}
