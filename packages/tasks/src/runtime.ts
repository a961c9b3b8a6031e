import {
  type Clock,
  createResultStore,
  nowMs,
  parseDuration,
  type ResultStore,
  type ResultStoreOptions,
  type Seal,
} from '@resultkit/core'
import { type Boundary, makeBoundary } from './boundary.ts'
import type { HashableClass } from './canonical-hash.ts'
import { wrongRuntimeOption } from './check-options.ts'
import { defaultStore, withPickle } from './default-store.ts'
import { taskError } from './failure.ts'
import type { Flights } from './single-flight.ts'
import type { StateSink } from './sinks/state-sink.ts'
import type { RuntimeDefaults, RuntimeOptions } from './task-options.ts'
import { type ValueMemory, valueMemory } from './value-memory.ts'

/** A store, and what this process remembers of it. */
export interface StoreState {
  /** Opens the default store at the first call that needs it. */
  open(): Promise<ResultStore<Seal>>
  /** Where a store was given as options. */
  readonly options: ResultStoreOptions | undefined
  readonly isDefault: boolean
  readonly memory: ValueMemory
  readonly flights: Flights
}

/** What all runs below it share. */
export interface Runtime {
  readonly options: RuntimeOptions
  readonly store: StoreState
  readonly boundary: Boundary | undefined
  readonly clock: Clock
  /** Milliseconds since 1970 UTC. */
  now(): number
  readonly defaults: RuntimeDefaults
  readonly classes: readonly HashableClass[]
  /** Milliseconds. */
  readonly leaseMs: number
}

const DEFAULT_BYTES = 64 * 1024 * 1024

// Flows that name the same store share what is in flight and in memory.
const states = new WeakMap<object, StoreState>()
let defaultState: StoreState | undefined

function stateOf({ store, cacheBytes }: RuntimeOptions): StoreState {
  const state = store === undefined ? defaultState : states.get(store)
  if (state === undefined) return newState(store, cacheBytes)
  if (cacheBytes !== undefined) state.memory.resize(cacheBytes)
  return state
}

function newState(store: RuntimeOptions['store'], cacheBytes = DEFAULT_BYTES): StoreState {
  if (store === undefined) {
    defaultState = { ...remembering(cacheBytes), open: defaultStore, isDefault: true }
    return defaultState
  }
  const state = 'storages' in store ? fromOptions(store, cacheBytes) : fromStore(store, cacheBytes)
  states.set(store, state)
  return state
}

function fromOptions(options: ResultStoreOptions, cacheBytes: number): StoreState {
  // What is wrong with the options is told at once, what has to be imported when something is stored.
  createResultStore(options)
  let opened: Promise<ResultStore<Seal>> | undefined
  const open = (): Promise<ResultStore<Seal>> => {
    opened ??= withPickle(options).then(createResultStore<Seal>)
    return opened
  }
  return { ...remembering(cacheBytes), open, options }
}

function fromStore(store: ResultStore<Seal>, cacheBytes: number): StoreState {
  return { ...remembering(cacheBytes), open: async () => store }
}

function remembering(cacheBytes: number): Omit<StoreState, 'open'> {
  return {
    options: undefined,
    isDefault: false,
    memory: valueMemory(cacheBytes),
    flights: new Map(),
  }
}

/** Makes a runtime. What `options` does not say is as in `outer`. Errors: CONFIG. */
export function makeRuntime(options: RuntimeOptions, outer: RuntimeOptions = {}): Runtime {
  const wrong = wrongRuntimeOption(options)
  if (wrong !== undefined) throw taskError('CONFIG', 'withRuntime', `withRuntime: ${wrong}`)
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const merged: RuntimeOptions = { ...outer, ...given, defaults: { ...outer.defaults, ...options.defaults } }
  const { sink = [], redact, clock = Date.now, classes = [] } = merged
  const sinks = Array.isArray(sink) ? (sink as readonly StateSink[]) : [sink as StateSink]
  return {
    options: merged,
    store: stateOf(merged),
    boundary: makeBoundary(sinks, redact),
    clock,
    now: () => nowMs(clock),
    defaults: withEnvironment(merged.defaults ?? {}),
    classes,
    leaseMs: leaseDuration(merged.leaseFor),
  }
}

function leaseDuration(leaseFor: RuntimeOptions['leaseFor'] = '30s'): number {
  const ms = parseDuration(leaseFor)
  if (ms >= 100) return ms
  throw taskError('CONFIG', 'withRuntime', 'leaseFor is at least 100 ms.')
}

function withEnvironment(defaults: RuntimeDefaults): RuntimeDefaults {
  const persist = process.env['RESULTKIT_PERSIST_BY_DEFAULT']?.toLowerCase()
  const byEnvironment = persist === 'true' || persist === '1'
  return { ...defaults, persistResult: defaults.persistResult ?? (byEnvironment || undefined) }
}
