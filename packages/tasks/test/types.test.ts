import { memoryStorage, Result, type ResultReference } from '@resultkit/core'
import { localResult } from '@resultkit/local'
import {
  allInputs,
  flow,
  inlineResult,
  inputs,
  map,
  type Task,
  type TaskOptions,
  type TaskPromise,
  type TaskState,
  task,
} from '@resultkit/tasks'
import { expect, expectTypeOf, test } from 'vitest'

const isText = (value: string): boolean => value !== ''
const isCount = (value: number): boolean => value >= 0
const isList = (value: number[]): boolean => value.length > 0

/** Never called: what it says, the compiler checks. */
async function types(): Promise<void> {
  const rows = task('rows', async ({ day }: { day: string }) => [{ day, n: 1 }])
  const total = task(
    'total',
    async ({ rows, label }: { rows: readonly { n: number }[]; label?: string }) => rows.length + (label?.length ?? 0),
  )
  const none = task('none', async () => 1)
  const lone = task('lone', async (n: number) => n)
  const opt = task('opt', async (n?: number) => n ?? 0)
  const union = task('union', async (x: { k: 'a'; a: number } | { k: 'b'; b: string }) => x.k)
  const prim = task(
    'prim',
    (x: {
      f: boolean
      d: Date
      m: Map<string, number>
      list: string[]
      fn: () => void
      u: 'a' | 'b'
      t: [number, string]
    }) => x.f,
  )
  expectTypeOf(rows({ day: 'x' })).resolves.toEqualTypeOf<{ day: string; n: number }[]>()
  expectTypeOf(total({ rows: rows({ day: 'x' }) })).resolves.toEqualTypeOf<number>()
  expectTypeOf(total({ rows: [{ n: 1 }], label: 'x' })).resolves.toEqualTypeOf<number>()
  const elem = task('elem', async () => ({ n: 1 }))
  total({ rows: [elem(), { n: 1 }] })
  none()
  opt()
  opt(3)
  lone(3)
  lone(none())
  opt(none())
  union({ k: 'a', a: none() })
  prim({
    f: true,
    d: new Date(),
    m: new Map(),
    list: ['a', task('s', async () => 's')()],
    fn: () => {},
    u: 'a',
    t: [1, 'a'],
  })
  prim({
    f: task('b', async () => true)(),
    d: task('d', async () => new Date())(),
    m: new Map(),
    list: [],
    fn: () => {},
    u: task('u', async () => 'a' as const)(),
    t: [none(), 'a'],
  })
  // @ts-expect-error missing
  rows()
  // @ts-expect-error wrong
  rows({ day: 1 })
  // @ts-expect-error wrong promise
  rows({ day: none() })
  // @ts-expect-error extra
  rows({ day: 'x', other: 1 })
  // @ts-expect-error two
  rows({ day: 'x' }, 2)
  // @ts-expect-error wrong lone input
  lone('x')
  // @ts-expect-error raw promise
  rows({ day: Promise.resolve('x') })
  // @ts-expect-error wrong element
  total({ rows: [none()] })
  // @ts-expect-error option typo
  task('t', async () => 1, { retrys: 1 })
  // @ts-expect-error wrong literal
  task('t', async () => 1, { onInvalid: 'ignore' })
  // @ts-expect-error validators of another type
  task('t', async () => 1, { validators: [isText] })
  task('t', async () => 1, { validators: [isCount, (n) => n > 0] })
  task('t', async ({ x }: { x: number }) => x, {
    cacheKey: ({ input }) => String(input.x),
    target: ({ input }) => `${input.x}`,
  })
  // @ts-expect-error no such input
  task('t', async ({ x }: { x: number }) => x, { cacheKey: ({ input }) => input.y })
  // @ts-expect-error cacheKey number
  task('t', async () => 1, { cacheKey: 5 })
  // @ts-expect-error with: typo
  rows.with({ retrys: 1 })
  // @ts-expect-error with: validators
  rows.with({ validators: [isText] })
  // @ts-expect-error runId is for flows
  rows.with({ runId: 'x' })
  expectTypeOf(rows.with({ retries: 1 })).toEqualTypeOf<typeof rows>()
  flow('f', () => none()).with({ runId: 'x' })
  expectTypeOf(flow('f', () => none())()).resolves.toEqualTypeOf<number>()
  expectTypeOf(flow('f', async ({ d }: { d: string }) => rows({ day: d }))({ d: 'x' })).resolves.toEqualTypeOf<
    { day: string; n: number }[]
  >()
  // @ts-expect-error sink
  flow('f', () => 1, { sink: { publish() {} } })
  // @ts-expect-error map wrong
  map(rows, [{ day: 1 }])
  expectTypeOf(map(rows, [{ day: 'x' }])).toEqualTypeOf<TaskPromise<{ day: string; n: number }[]>[]>()
  map(rows, [{ day: 'x' }, { day: task('day', () => 'y')() }])
  const shared: TaskOptions = { retries: 3, cacheFor: '1h' }
  expectTypeOf(rows.with(shared)).toEqualTypeOf<typeof rows>()
  expectTypeOf(task('shared', async ({ n }: { n: number }) => n, shared)).toEqualTypeOf<Task<{ n: number }, number>>()
  const any: Task<{ day: string }, unknown> = rows
  any({ day: 'x' })
  // @ts-expect-error a validator of something else
  task('t', async () => 5, { validators: [(value: string) => value === ''] })
  // @ts-expect-error a cache validator of something else
  task('t', async () => 5, { cacheKey: 'k', cacheValidators: [({ value }: { value: string }) => value === ''] })
  // @ts-expect-error a result of something else
  task('t', async () => 5, { result: inlineResult<string>() })
  task('t', async () => ({ a: 1 }), { result: inlineResult() })
  task('t', async () => [1], { result: new Result({ storage: memoryStorage(), location: 'a/{x}.json' }) })
  task('t', async () => [1], { result: new Result({ storage: memoryStorage(), validators: [isList] }) })
  task('t', async () => ({ a: 1 }), { result: localResult({ directory: 'x' }) })
  task('t', async ({ x }: { x: number }) => x, {
    cacheKey: [inputs(), [inputs({ exclude: ['y'] })]],
    cacheValidators: [allInputs, ({ value }) => value > 0],
  })
  const gen = task('gen', async function* ({ n }: { n: number }) {
    yield n
  })
  task('eat', async ({ rows }: { rows: AsyncIterable<number> }) => rows)({ rows: gen({ n: 1 }) })
  const s: TaskState<number> = await none().state()
  const r = await none().reference()
  if (typeof r === 'object' && r.type === 'reference') expectTypeOf(r).toExtend<ResultReference<number>>()
  const generic: Task<{ day: string }, { day: string; n: number }[]> = rows
  // @ts-expect-error T is wrong
  const wrong: Task<{ day: string }, string> = rows
  const rec: Task<number, number> = task('rec', async (n: number): Promise<number> => (n === 0 ? 0 : rec(n - 1)))
  const nested = task('nested', async ({ deep }: { deep: { x: number } }) => deep.x)
  // @ts-expect-error deeper promises are not resolved
  nested({ deep: { x: none() } })
  // @ts-expect-error null task input
  lone(null)
  void [s, generic, wrong, nested, rec]
}

test('types of inputs, outputs and options follow from the body; wrong uses do not compile', () => {
  expect(types).toBeTypeOf('function')
})
