import type { Definition } from './definition.ts'
import { saidOf } from './failure.ts'
import { type Keeper, openKeeper } from './keeper.ts'
import { type PersistenceDecision, resolvePersistence } from './resolve-persistence.ts'
import type { Keeping, Settings } from './scope.ts'

/** What a definition and its surroundings decide together; the same for every run. */
export interface Plan {
  readonly settings: Settings
  readonly decision: PersistenceDecision
  readonly keeping: Keeping
  /** Nothing but the body: no look-up, no storing, no limit, nobody told. */
  readonly direct: boolean
  /** What is looked up before the body. */
  readonly lookup: 'target' | 'cache' | 'none'
  readonly refresh: boolean
  /** Opened at the first use of a storage. */
  keeper: Promise<Keeper> | undefined
  /** The same, once it is open. */
  opened: Keeper | undefined
}

/** The plan of a definition in these surroundings; the newest is kept, since most are called in the same ones. */
export function planFor(definition: Definition, settings: Settings): Plan {
  if (definition.plan?.settings === settings) return definition.plan
  const plan = makePlan(definition, settings)
  definition.plan = plan
  return plan
}

function makePlan(definition: Definition, settings: Settings): Plan {
  const { options, kind, features, target, key } = definition
  const { defaults, boundary } = settings.runtime
  const decision = resolvePersistence({
    run: kind,
    persistResult: options.persistResult,
    features,
    checkpoint: options.checkpoint,
    taskDefault: defaults.taskPersistResult,
    flow: settings.persists,
    checkpointing: defaults.checkpointing,
    fallback: defaults.persistResult,
  })
  const wanted = target !== undefined ? 'target' : key !== undefined ? 'cache' : 'none'
  return {
    settings,
    decision,
    keeping: keepingBelow(settings.keeping, options),
    direct: boundary === undefined && !decision.persist && wanted === 'none' && isBare(definition),
    lookup: decision.persist ? wanted : 'none',
    refresh: refreshes(definition, settings),
    keeper: undefined,
    opened: undefined,
  }
}

/** Whether a run ignores what is stored. */
export function refreshes({ options }: Definition, { runtime }: Settings): boolean {
  return options.refresh ?? runtime.defaults.refresh ?? false
}

function isBare({ kind, options, retries, timeout, readsDirectly }: Definition): boolean {
  const { validators = [], concurrency, signal } = options
  const plain = validators.length === 0 && concurrency === undefined && signal === undefined
  return kind === 'task' && plain && retries === 0 && timeout === undefined && readsDirectly
}

/** How results are kept below a level: its result replaces everything, its storage and serializer only themselves. */
export function keepingBelow(outer: Keeping, options: Definition['options']): Keeping {
  const { result, resultStorage, resultSerializer } = options
  if (result !== undefined) return { result, storage: resultStorage, serializer: resultSerializer }
  return {
    result: outer.result,
    storage: resultStorage ?? outer.storage,
    serializer: resultSerializer ?? outer.serializer,
  }
}

/** Opens what a plan stores with. Errors: CONFIG for an unknown slug or serializer, or a package that is not installed. */
export function keeperOf(definition: Definition, plan: Plan): Promise<Keeper> {
  plan.keeper ??= openKeeper(definition, plan).then(
    (keeper) => {
      plan.opened = keeper
      return keeper
    },
    (error: unknown) => {
      plan.keeper = undefined
      throw saidOf(definition, error)
    },
  )
  return plan.keeper
}
