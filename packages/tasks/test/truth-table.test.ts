import { json, memoryStorage } from '@resultkit/core'
import { flow, type PersistenceFacts, resolvePersistence, type TaskOptions, task } from '@resultkit/tasks'
import { describe, expect, test } from 'vitest'
import { keysOf, kit, rejection } from './kit.ts'

type Features =
  | 'none'
  | 'retries'
  | 'cacheKey'
  | 'cacheFor'
  | 'target'
  | 'storage'
  | 'serializer'
  | 'cacheInMemory'
  | 'result'
type Surroundings = 'unset' | 'true' | 'storage' | 'serializer' | 'false'

const FEATURES: readonly Features[] = [
  'retries',
  'cacheKey',
  'cacheFor',
  'target',
  'storage',
  'serializer',
  'cacheInMemory',
]
const NEEDED: readonly Features[] = ['retries', 'cacheKey', 'cacheFor', 'target', 'cacheInMemory']
const FLOWS: readonly Surroundings[] = ['unset', 'true', 'storage', 'serializer', 'false']

const OPTIONS = {
  none: {},
  retries: { retries: 2 },
  cacheKey: { cacheKey: 'the key' },
  cacheFor: { cacheFor: '1d' },
  target: { target: 'the/target.json' },
  storage: { resultStorage: 'main' },
  serializer: { resultSerializer: 'json' },
  cacheInMemory: { cacheInMemory: false },
  result: {},
} as const satisfies Readonly<Record<Features, TaskOptions>>

const FLOW_OPTIONS = {
  unset: {},
  true: { persistResult: true },
  storage: { resultStorage: 'main' },
  serializer: { resultSerializer: json() },
  false: { persistResult: false },
} as const satisfies Readonly<Record<Surroundings, TaskOptions>>

interface Row {
  readonly own: boolean | undefined
  readonly feature: Features
  readonly flow: Surroundings
  readonly stored: boolean
}

/** Section 12: task result written? */
const ROWS: readonly Row[] = [
  { own: undefined, feature: 'none', flow: 'unset', stored: false },
  { own: undefined, feature: 'none', flow: 'true', stored: true },
  { own: undefined, feature: 'none', flow: 'storage', stored: true },
  { own: undefined, feature: 'none', flow: 'serializer', stored: true },
  { own: undefined, feature: 'none', flow: 'false', stored: false },
  ...FEATURES.flatMap((feature) => FLOWS.map((flow) => ({ own: undefined, feature, flow, stored: true }))),
  ...(['none', ...FEATURES] as const).flatMap((feature) =>
    FLOWS.flatMap((flow) => [
      { own: true, feature, flow, stored: true },
      { own: false, feature, flow, stored: false },
    ]),
  ),
]

describe('task results', () => {
  test.each(ROWS)(
    'persistResult $own, feature $feature, flow $flow: stored $stored',
    async ({ own, feature, flow: around, stored }) => {
      const { runtime, storage, other } = kit()
      const subject = task('subject', () => ({ some: 'value' }), { persistResult: own, ...OPTIONS[feature] })
      const result = await flow('around', async () => void (await subject().state()), {
        ...runtime,
        ...FLOW_OPTIONS[around],
      })().state()
      expect(result.type).toBe('Completed')
      const keys = [...(await keysOf(storage)), ...(await keysOf(other))].filter((key) => !key.includes('/around/'))
      expect(keys.length > 0).toBe(stored)
      const flowPersists = around === 'unset' ? undefined : around !== 'false'
      const { persist } = resolvePersistence(
        facts({ persistResult: own, features: featureNames(feature), flow: flowPersists }),
      )
      expect(persist).toBe(stored)
    },
  )

  test.each(NEEDED)(
    'persistResult false and %s: an error when the value is needed, and nothing stored',
    async (feature) => {
      const { runtime, storage } = kit()
      let runs = 0
      const subject = task(
        'subject',
        () => {
          runs += 1
          if (feature === 'retries') throw new Error('first')
          return 1
        },
        { persistResult: false, ...OPTIONS[feature] },
      )
      const error = await rejection(flow('around', () => subject(), runtime)())
      expect(error.code).toBe('MISSING_RESULT')
      expect(runs).toBe(feature === 'retries' || feature === 'cacheInMemory' ? 1 : 0)
      expect(await keysOf(storage)).toEqual([])
      expect(() => task('subject', () => 1, { persistResult: false, strict: true, ...OPTIONS[feature] })).toThrow(
        expect.objectContaining({ code: 'MISSING_RESULT' }),
      )
    },
  )
})

describe('flow results', () => {
  const rows = [
    { own: undefined, feature: 'none', stored: false },
    { own: undefined, feature: 'retries', stored: true },
    { own: undefined, feature: 'storage', stored: true },
    { own: undefined, feature: 'serializer', stored: true },
    { own: true, feature: 'none', stored: true },
    { own: true, feature: 'retries', stored: true },
    { own: false, feature: 'none', stored: false },
    { own: false, feature: 'storage', stored: false },
  ] as const
  test.each(rows)('persistResult $own, feature $feature: stored $stored', async ({ own, feature, stored }) => {
    const { runtime, storage } = kit()
    await flow('subject', () => ({ some: 'value' }), { ...runtime, persistResult: own, ...OPTIONS[feature] })()
    expect((await keysOf(storage)).length > 0).toBe(stored)
  })

  test('persistResult false and retries: an error as attempt 2 starts, with the first failure as its cause', async () => {
    const { runtime, storage } = kit()
    const first = new Error('first')
    const subject = flow('subject', () => Promise.reject(first), { ...runtime, persistResult: false, retries: 1 })
    const error = await rejection(subject())
    expect(error).toMatchObject({ code: 'MISSING_RESULT', cause: first })
    expect(await keysOf(storage)).toEqual([])
  })
})

test.each([true, false, null])('where the table says yes, %s is a literal in the state', async (value) => {
  const { runtime, storage, sink } = kit()
  const subject = task('subject', () => value, { persistResult: true })
  await flow('around', () => subject().state(), runtime)()
  expect(sink.states('subject').at(-1)).toMatchObject({ reason: 'literal', result: { type: 'literal', value } })
  expect(await keysOf(storage)).toEqual([])
})

test.each([true, false, null, undefined])('a keyed %s is written to storage', async (value) => {
  const { runtime, storage } = kit()
  const subject = task('subject', () => value, { cacheKey: 'key' })
  await flow('around', () => subject().state(), runtime)()
  expect(await keysOf(storage)).toEqual(['cache/key/key'])
})

describe('the resolver', () => {
  const order: readonly (readonly [string, Partial<PersistenceFacts>, boolean, string])[] = [
    ['the own option', { persistResult: false, features: ['retries'], flow: true }, false, 'persistResult'],
    ['checkpointing off', { features: ['retries'], checkpointing: false, flow: true }, false, 'checkpointing off'],
    ['features', { features: ['target'], taskDefault: false, flow: false }, true, 'features'],
    ['the default for tasks', { taskDefault: false, flow: true, fallback: true }, false, 'task default'],
    ['the flow', { flow: false, checkpointing: true, fallback: true }, false, 'flow'],
    ['checkpointing on', { checkpointing: true, fallback: false }, true, 'checkpointing'],
    ['the default', { checkpointing: true, checkpoint: false, fallback: true }, true, 'default'],
    ['nobody', {}, false, 'default'],
  ]
  test.each(order)('D154-PER the first that says something decides: %s', (_, given, persist, decidedBy) => {
    expect(resolvePersistence(facts(given))).toMatchObject({ persist, decidedBy })
  })

  test('a default for tasks says nothing about flows', () => {
    expect(resolvePersistence(facts({ run: 'flow', taskDefault: true })).persist).toBe(false)
  })

  test('what stands against persistResult false is named', () => {
    const { conflicts } = resolvePersistence(
      facts({ persistResult: false, features: ['resultStorage', 'cacheKey', 'retries'] }),
    )
    expect(conflicts).toEqual(['cacheKey', 'retries'])
  })

  test('a storage instance is a feature as well', async () => {
    const { runtime } = kit()
    const own = memoryStorage()
    await flow('around', () => task('subject', () => 'x', { resultStorage: own })().state(), runtime)()
    expect(await keysOf(own)).toHaveLength(1)
  })
})

function facts(given: Partial<PersistenceFacts>): PersistenceFacts {
  const nothing = { persistResult: undefined, checkpoint: undefined, taskDefault: undefined, flow: undefined }
  return { run: 'task', features: [], checkpointing: undefined, fallback: undefined, ...nothing, ...given }
}

function featureNames(feature: Features): PersistenceFacts['features'] {
  if (feature === 'none' || feature === 'result') return []
  if (feature === 'storage') return ['resultStorage']
  if (feature === 'serializer') return ['resultSerializer']
  return feature === 'cacheInMemory' ? ['cacheInMemory: false'] : [feature]
}
