import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { checkStore } from '../contenders/check.ts'
import type { Contender, Store } from '../contenders/contender.ts'
import type { Figures } from '../harness.ts'
import { timed } from '../harness.ts'
import { randomPayload, stamp } from '../payload.ts'

/** The operations that are timed in a turn, in this order. */
export const PHASES = ['write', 'read', 'exists', 'find'] as const
export type Phase = (typeof PHASES)[number]

/** For how long a contender works before it is timed: its code is compiled by then. */
const WARM_UP_MS = 300
const WARM_UP_KEYS = Array.from({ length: 16 }, (_, index) => `warm-up-${index}`)

const hot = new Set<Contender>()

/** How large objects are, and how many callers there are. */
export interface Load {
  readonly size: number
  readonly callers: number
}

/** A contender at work in a directory of its own. */
export function openStore({ name, open }: Contender, base: string): Store {
  const directory = join(base, name.replaceAll(/\W+/g, '-'))
  mkdirSync(directory, { recursive: true })
  return open(directory)
}

/** The same, after it has proved that it keeps what it is given; the first time, also once its code has run hot. */
export async function openChecked(contender: Contender, base: string): Promise<Store> {
  const own = openStore(contender, join(base, 'check'))
  await checkStore(contender.name, own)
  const until = performance.now() + (hot.has(contender) ? 0 : WARM_UP_MS)
  while (performance.now() < until) {
    await runLoad(own, WARM_UP_KEYS, { size: 1024, callers: 1 })
    for (const key of WARM_UP_KEYS) await own.remove(key)
  }
  hot.add(contender)
  return openStore(contender, base)
}

/** Writes new objects, then reads and looks for them; microseconds per operation. Each caller has a payload of its own. */
export async function runLoad(store: Store, keys: readonly string[], { size, callers }: Load): Promise<Figures> {
  const count = keys.length
  const payloads = Array.from({ length: callers }, () => randomPayload(size))
  const at = (index: number): string => keys[index] ?? ''
  const { find } = store
  const write = await timed(count, callers, (index, caller) =>
    store.write(at(index), stamp(payloads[caller] as Uint8Array)),
  )
  const read = await timed(count, callers, (index) => store.read(at(index)))
  let present = 0
  const exists = await timed(count, callers, async (index) => {
    if (await store.exists(at(index))) present += 1
  })
  if (present !== count) throw new Error(`exists found ${present} of ${count} objects.`)
  if (find === undefined) return { write, read, exists }
  return { write, read, exists, find: await timed(count, callers, (index) => find(at(index))) }
}
