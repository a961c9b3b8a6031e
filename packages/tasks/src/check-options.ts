import { parseDuration } from '@resultkit/core'
import { isCachePolicy } from './cache-policy.ts'
import { isResultAdapter } from './result-adapter.ts'
import type { FlowOptions, RuntimeDefaults, RuntimeOptions, TaskOptions } from './task-options.ts'

/** What an option has to be: in words, and as a test. For callers without types, whose mistakes would otherwise do nothing. */
interface Rule {
  readonly is: string
  readonly accepts: (value: unknown) => boolean
}

/** Every option has a rule, so a new one without does not compile. */
type Rules<O> = { readonly [K in keyof O]-?: Rule }

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
const isFunction = (value: unknown): boolean => typeof value === 'function'
const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const isWhole = (value: unknown, least: number): boolean => Number.isSafeInteger(value) && (value as number) >= least
const isStorage = (value: unknown): boolean =>
  isObject(value) && isFunction(value['read']) && isFunction(value['write']) && isObject(value['capabilities'])
const isSink = (value: unknown): boolean =>
  isObject(value) && isFunction(value['publish']) && (value['flush'] === undefined || isFunction(value['flush']))
const isSerializer = (value: unknown): boolean => isObject(value) && isText(value['name']) && isText(value['kind'])
const isResult = (value: Readonly<Record<string, unknown>>): boolean =>
  isFunction(value['with']) && 'parts' in value.constructor
const isHashableClass = (value: unknown): boolean =>
  isObject(value) && isFunction(value['encode']) && (isFunction(value['class']) || isObject(value['prototype']))
const isLocation = (value: unknown): boolean => isText(value) || isFunction(value)

function isDuration(value: unknown): boolean {
  try {
    return parseDuration(value as never) >= 0
  } catch {
    return false
  }
}

const isTrueOrFalse: Rule = { is: 'true or false', accepts: (value) => typeof value === 'boolean' }
const isReaction: Rule = { is: `'fail' or 'run'`, accepts: (value) => value === 'fail' || value === 'run' }
const isNamedSerializer: Rule = {
  is: 'a serializer, or the name of one',
  accepts: (value) => isText(value) || isSerializer(value),
}
const DURATION = `a duration: milliseconds, or a text such as '250ms', '30s', '1h' or '1d'`

const TASK_OPTIONS: Rules<TaskOptions> = {
  persistResult: isTrueOrFalse,
  resultStorage: {
    is: `a storage, or the name of one in the store. A Result is given as 'result'`,
    accepts: (value) => isText(value) || isStorage(value),
  },
  resultSerializer: isNamedSerializer,
  result: {
    is: `a Result, or what inlineResult, constantResult, secretResult or fromHandler give. A storage is given as 'resultStorage'`,
    accepts: (value) => isObject(value) && (isResult(value) || isResultAdapter(value)),
  },
  target: {
    is: `a template, a function, or { location, format: 'plain' | 'record' }`,
    accepts: (value) =>
      isLocation(value) ||
      (isObject(value) &&
        isLocation(value['location']) &&
        [undefined, 'plain', 'record'].includes(value['format'] as never)),
  },
  validators: {
    is: 'a list of functions and Standard Schemas',
    accepts: (value) =>
      Array.isArray(value) &&
      value.every((each: unknown) => isFunction(each) || (isObject(each) && '~standard' in each)),
  },
  onInvalid: isReaction,
  onUnreadable: isReaction,
  cacheFor: { is: DURATION, accepts: isDuration },
  cacheKey: {
    is: 'a text, a function, or a list of inputs(), source(), flowParameters() and runId(). Leave it out for no caching',
    accepts: (value) => isLocation(value) || isCacheKeyPart(value),
  },
  cacheValidators: {
    is: 'a list of allInputs, partialInputsOnly(names) and the like, or of functions',
    accepts: (value) =>
      Array.isArray(value) &&
      value.every(
        (each: unknown) =>
          isFunction(each) || (isObject(each) && each['kind'] === 'digest' && isFunction(each['part'])),
      ),
  },
  checkpoint: isTrueOrFalse,
  retries: { is: 'a whole number, 0 or more', accepts: (value) => isWhole(value, 0) },
  retryDelay: {
    is: `${DURATION}; or a list of them, or a function`,
    accepts: (value) =>
      isFunction(value) || (Array.isArray(value) ? value.length > 0 && value.every(isDuration) : isDuration(value)),
  },
  retryIf: { is: 'a function', accepts: isFunction },
  timeout: {
    is: `${DURATION}; more than 0`,
    accepts: (value) => isDuration(value) && parseDuration(value as never) > 0,
  },
  concurrency: {
    is: 'a whole number, 1 or more, or { name, limit }',
    accepts: (value) => isWhole(value, 1) || (isObject(value) && isText(value['name']) && isWhole(value['limit'], 1)),
  },
  once: { is: `'process' or 'storage'`, accepts: (value) => value === 'process' || value === 'storage' },
  cacheInMemory: isTrueOrFalse,
  strict: isTrueOrFalse,
  refresh: isTrueOrFalse,
  signal: { is: 'an AbortSignal', accepts: (value) => isObject(value) && typeof value['aborted'] === 'boolean' },
}

const RUNTIME_OPTIONS: Rules<RuntimeOptions> = {
  store: {
    is: 'what createResultStore gave, or its options: { storages, ... }',
    accepts: (value) => isObject(value) && (isFunction(value['get']) || isObject(value['storages'])),
  },
  sink: {
    is: 'a StateSink with publish and flush, or a list of them',
    accepts: (value) => [value].flat().every(isSink),
  },
  clock: { is: 'a function that gives the time', accepts: isFunction },
  redact: { is: 'a function from text to text', accepts: isFunction },
  defaults: { is: 'an object', accepts: isObject },
  classes: {
    is: 'a list of classes, as pickle takes them',
    accepts: (value) => Array.isArray(value) && value.every(isHashableClass),
  },
  cacheBytes: { is: 'a number of bytes, 0 or more', accepts: (value) => typeof value === 'number' && value >= 0 },
  leaseFor: { is: DURATION, accepts: isDuration },
}

const FLOW_OPTIONS: Rules<FlowOptions> = {
  ...TASK_OPTIONS,
  ...RUNTIME_OPTIONS,
  runId: {
    is: 'a text of at most 200 letters, digits and -_.: that is not . or ..',
    accepts: (value) => typeof value === 'string' && /^(?!\.{1,2}$)[\w.:-]{1,200}$/.test(value),
  },
}

const DEFAULTS: Rules<RuntimeDefaults> = {
  taskPersistResult: isTrueOrFalse,
  persistResult: isTrueOrFalse,
  resultStorage: { is: 'the name of a storage in the store', accepts: isText },
  resultSerializer: isNamedSerializer,
  checkpointing: isTrueOrFalse,
  refresh: isTrueOrFalse,
}

function isCacheKeyPart(value: unknown): boolean {
  return Array.isArray(value) ? value.every(isCacheKeyPart) : isCachePolicy(value)
}

/** What is wrong with the options of a task or flow, if anything. */
export function wrongOption(kind: 'task' | 'flow', options: unknown): string | undefined {
  if (!isObject(options)) return 'the options are an object.'
  return firstWrong(options, kind === 'task' ? TASK_OPTIONS : FLOW_OPTIONS) ?? wrongDefault(options)
}

/** What is wrong with the options of a runtime, if anything. */
export function wrongRuntimeOption(options: unknown): string | undefined {
  if (!isObject(options)) return 'the options are an object.'
  return firstWrong(options, RUNTIME_OPTIONS) ?? wrongDefault(options)
}

function wrongDefault({ defaults }: { readonly defaults?: unknown }): string | undefined {
  return isObject(defaults) ? firstWrong(defaults, DEFAULTS) : undefined
}

function firstWrong(options: object, rules: Readonly<Record<string, Rule>>): string | undefined {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule === undefined)
      return `there is no option ${JSON.stringify(name)}; there are ${Object.keys(rules).join(', ')}.`
    if (!rule.accepts(value)) return `${name} is ${rule.is}.`
  }
  return undefined
}
