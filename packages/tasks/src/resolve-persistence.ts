/** An option that implies that a result is kept. */
export type Feature =
  | 'retries'
  | 'cacheKey'
  | 'cacheFor'
  | 'target'
  | 'resultStorage'
  | 'resultSerializer'
  | 'result'
  | 'checkpoint'
  | 'cacheInMemory: false'

/** Everything that decides whether a result is kept. */
export interface PersistenceFacts {
  readonly run: 'task' | 'flow'
  /** The run's own option. */
  readonly persistResult: boolean | undefined
  /** Options of the run that imply it. */
  readonly features: readonly Feature[]
  readonly checkpoint: boolean | undefined
  /** The default for tasks alone. */
  readonly taskDefault: boolean | undefined
  /** What the flow around says: its own option, or `true` when it has a storage, serializer or result. */
  readonly flow: boolean | undefined
  /** The global switch of checkpointing. */
  readonly checkpointing: boolean | undefined
  /** What applies when nobody says anything. */
  readonly fallback: boolean | undefined
}

/** Who decided. */
export type DecidedBy =
  | 'persistResult'
  | 'checkpointing off'
  | 'features'
  | 'task default'
  | 'flow'
  | 'checkpointing'
  | 'default'

/** Whether a result is kept, and why. */
export interface PersistenceDecision {
  readonly persist: boolean
  readonly decidedBy: DecidedBy
  /** Features that implied it. */
  readonly because: readonly Feature[]
  /** Features that need a value which is never kept: MISSING_RESULT when it is needed. */
  readonly conflicts: readonly Feature[]
}

/** Features that cannot do without a stored value. */
export const NEEDS_VALUE: ReadonlySet<Feature> = new Set([
  'retries',
  'cacheKey',
  'cacheFor',
  'target',
  'cacheInMemory: false',
])
const NONE: readonly Feature[] = []

/**
 * Decides by the first that says something: the run's own `persistResult`, the switch of checkpointing when it is off, the
 * features of the run, the default for tasks, the flow around, the switch when it is on, the default. Pure.
 */
export function resolvePersistence(facts: PersistenceFacts): PersistenceDecision {
  const { run, persistResult, features, checkpoint, taskDefault, flow, checkpointing, fallback = false } = facts
  if (persistResult !== undefined) {
    const conflicts = persistResult ? NONE : features.filter((feature) => NEEDS_VALUE.has(feature))
    return decision(persistResult, 'persistResult', NONE, conflicts)
  }
  if (checkpointing === false) return decision(false, 'checkpointing off')
  if (features.length > 0) return decision(true, 'features', features)
  if (run === 'task' && taskDefault !== undefined) return decision(taskDefault, 'task default')
  if (flow !== undefined) return decision(flow, 'flow')
  if (checkpointing === true && checkpoint !== false) return decision(true, 'checkpointing')
  return decision(fallback, 'default')
}

function decision(
  persist: boolean,
  decidedBy: DecidedBy,
  because: readonly Feature[] = NONE,
  conflicts: readonly Feature[] = NONE,
): PersistenceDecision {
  return { persist, decidedBy, because, conflicts }
}
