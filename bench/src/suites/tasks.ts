import { AsyncLocalStorage } from 'node:async_hooks'
import { join } from 'node:path'
import { type CacheEntry, cachified } from '@epic-web/cachified'
import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import cacache from 'cacache'
import memoizeFs from 'memoize-fs'
import pMemoize from 'p-memoize'
import { createResultStore, memoryStorage } from '../../../packages/core/src/index.ts'
import { fileStorage } from '../../../packages/storage/local/src/index.ts'
import { canonicalHash, flow, inputs, memorySink, task, withRuntime } from '../../../packages/tasks/src/index.ts'
import { interleave, type Samples, type Turn, timed } from '../harness.ts'
import { differences, summarise } from '../statistics.ts'
import type { Suite } from '../suite.ts'
import { formatNumber, formatTable } from '../table.ts'
import type { Target } from '../targets.ts'

/** The promises of `@resultkit/tasks`, in microseconds; the last in milliseconds. */
const LIMITS = { call: 1.5, memory: 1.2, disk: 40, flow: 15, hash: 2000 } as const

const CALLS = 20_000
const DISK_CALLS = 2000
const FLOW_TASKS = 1000
const ENTRIES = 1_000_000

interface Input {
  readonly x: number
}
const body = async ({ x }: Input): Promise<number> => x + 1
const INPUT: Input = { x: 1 }
const KB = { text: 'x'.repeat(1000) }

/** What it costs that a function is a task. */
export const tasksSuite: Suite = {
  name: 'tasks',
  legend:
    'Microseconds a call. "call": a task that persists nothing. "memory hit" and "disk hit" (1 KB, verified by digest where there is one): the value is there. "flow": per task of a flow of 1,000, told to a sink in memory. "hash": milliseconds for 1,000,000 entries.',
  async run({ options, directory, print }) {
    const rounds = options.quick ? 5 : 21
    const groups = {
      call: await interleave(callTurns(), { rounds, warmUps: 3 }),
      'memory hit': await interleave(await memoryTurns(), { rounds, warmUps: 3 }),
      'disk hit': await interleave(await diskTurns(directory), { rounds, warmUps: 5 }),
      flow: await interleave([flowTurn()], { rounds, warmUps: 3 }),
      hash: await interleave(hashTurns(options.quick ? 1 : 0), { rounds: options.quick ? 2 : 5, warmUps: 1 }),
    }
    print(formatTable(['what', 'median', 'quartiles'], Object.entries(groups).flatMap(rowsOf)))
    return { targets: targetsOf(groups), figures: figuresOf(groups) }
  },
}

function turn(name: string, count: number, operation: () => Promise<unknown>): Turn {
  return { name, run: async () => ({ us: await timed(count, 1, operation) }) }
}

function callTurns(): readonly Turn[] {
  const bare = task('bare', body)
  const context = new AsyncLocalStorage<object>()
  const scope = {}
  return [
    turn('plain async', CALLS, () => body(INPUT)),
    turn('AsyncLocalStorage.run', CALLS, () => context.run(scope, body, INPUT)),
    turn('resultkit', CALLS, () => bare(INPUT)),
  ]
}

async function memoryTurns(): Promise<readonly Turn[]> {
  const store = createResultStore({ storages: { main: memoryStorage() } })
  const keyed = task('keyed', body, { cacheKey: 'key' })
  const byInputs = task('by inputs', body, { cacheKey: [inputs()] })
  const memoized = pMemoize(body)
  const cache = new Map<string, CacheEntry>()
  const bento = new BentoCache({ default: 'memory', stores: { memory: bentostore().useL1Layer(memoryDriver()) } })
  const inRuntime = (name: string, of: typeof keyed): Turn => ({
    name,
    run: async () => ({ us: await withRuntime({ store }, () => timed(CALLS, 1, () => of(INPUT))) }),
  })
  return [
    inRuntime('resultkit, text key', keyed),
    inRuntime('resultkit, key of the inputs', byInputs),
    turn('p-memoize', CALLS, () => memoized(INPUT)),
    turn('cachified', CALLS, () => cachified({ key: 'key', cache, getFreshValue: () => body(INPUT) })),
    turn('bentocache', CALLS / 4, () => bento.getOrSet({ key: 'key', factory: () => body(INPUT) })),
  ]
}

async function diskTurns(directory: string): Promise<readonly Turn[]> {
  const store = createResultStore({ storages: { main: fileStorage({ directory: join(directory, 'resultkit') }) } })
  const kept = task('kept', async () => KB, { cacheKey: 'key', cacheInMemory: false })
  const memoized = await memoizeFs({ cachePath: join(directory, 'memoize-fs') }).fn(async (_: number) => KB)
  await memoized(1)
  const at = join(directory, 'cacache')
  await cacache.put(at, 'key', Buffer.from(JSON.stringify(KB)))
  return [
    {
      name: 'resultkit',
      run: async () => ({ us: await withRuntime({ store }, () => timed(DISK_CALLS, 1, () => kept())) }),
    },
    turn('memoize-fs', DISK_CALLS / 20, () => memoized(1)),
    turn('cacache', DISK_CALLS / 20, async () => JSON.parse((await cacache.get(at, 'key')).data.toString())),
  ]
}

function flowTurn(): Turn {
  const sink = memorySink()
  const bare = task('bare', body)
  const store = createResultStore({ storages: { main: memoryStorage() } })
  const all = flow(
    'all',
    async () => {
      for (let index = 0; index < FLOW_TASKS; index++) await bare(INPUT)
    },
    { sink, store },
  )
  return {
    name: 'resultkit',
    async run() {
      sink.clear()
      return { us: (await timed(1, 1, () => all())) / FLOW_TASKS }
    },
  }
}

function hashTurns(skip: number): readonly Turn[] {
  const entries = Array.from({ length: ENTRIES }, (_, n) => [`key ${(n * 7919) % ENTRIES}`, n] as const)
  const values: readonly (readonly [string, unknown])[] = [
    ['object', Object.fromEntries(entries)],
    ['Map', new Map(entries)],
    ['array of numbers', entries.map(([, n]) => n)],
  ]
  return values.slice(0, values.length - skip).map(([name, value]) => ({
    name,
    run: async () => ({ us: (await timed(1, 1, async () => canonicalHash(value))) / 1000 }),
  }))
}

type Groups = Readonly<Record<'call' | 'memory hit' | 'disk hit' | 'flow' | 'hash', Samples>>

function rowsOf([group, samples]: readonly [string, Samples]): readonly (readonly string[])[] {
  return samples.names.map((name) => {
    const { median, low, high } = summarise(samples.of(name, 'us'))
    return [`${group}: ${name}`, formatNumber(median), `${formatNumber(low)}-${formatNumber(high)}`]
  })
}

function targetsOf(groups: Groups): readonly Target[] {
  const call = differences(groups.call.of('resultkit', 'us'), groups.call.of('plain async', 'us')).median
  const median = (group: keyof Groups, name: string): number => summarise(groups[group].of(name, 'us')).median
  const atMost = (what: string, unit: string, measured: number, limit: number): Target => ({
    what,
    unit,
    measured,
    limit,
    bound: 'at most',
  })
  return [
    atMost('a task that persists nothing, over the plain call', 'us', call, LIMITS.call),
    atMost('memory hit', 'us', median('memory hit', 'resultkit, text key'), LIMITS.memory),
    atMost('local disk hit of 1 KB', 'us', median('disk hit', 'resultkit'), LIMITS.disk),
    atMost('a task in a flow of 1,000', 'us', median('flow', 'resultkit'), LIMITS.flow),
    atMost('hash of 1,000,000 properties', 'ms', median('hash', 'object'), LIMITS.hash),
    atMost('hash of 1,000,000 Map entries', 'ms', median('hash', 'Map'), LIMITS.hash),
  ]
}

function figuresOf(groups: Groups): unknown {
  return Object.entries(groups).flatMap(([group, samples]) =>
    samples.names.map((name) => ({ group, name, us: summarise(samples.of(name, 'us')) })),
  )
}
