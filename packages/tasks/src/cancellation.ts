import { abortedError } from '@resultkit/core'
import type { Run } from './run.ts'
import type { Scope } from './scope.ts'

/** Ends everything in a scope: signals that were asked for fire, and those to come have fired. */
export function stopScope(scope: Scope, reason: unknown): void {
  scope.stopped ??= { reason }
  scope.controller?.abort(reason)
}

/** The signal of a scope, which fires with its own end, the given signal, or any scope around it. Made when first asked for. */
export function signalOf(scope: Scope): AbortSignal {
  if (scope.controller !== undefined) return scope.controller.signal
  const controller = new AbortController()
  scope.controller = controller
  if (scope.stopped !== undefined) controller.abort(scope.stopped.reason)
  const outer = [scope.given, scope.parent && mayEnd(scope.parent) ? signalOf(scope.parent) : undefined]
  const unlink = outer.map((signal) => signal && follow(controller, signal))
  scope.unlink = () => {
    for (const each of unlink) each?.()
  }
  return controller.signal
}

function follow(controller: AbortController, signal: AbortSignal): () => void {
  const abort = (): void => controller.abort(signal.reason)
  if (signal.aborted) abort()
  return onAbort(signal, abort)
}

const listening = new WeakMap<AbortSignal, { readonly all: Set<() => void>; readonly tell: () => void }>()

/**
 * Calls a function when a signal fires, and gives what prevents it. However many wait, the signal has one listener: each that
 * it has more makes adding the next one slower.
 */
export function onAbort(signal: AbortSignal, fn: () => void): () => void {
  const known = listening.get(signal) ?? listen(signal)
  known.all.add(fn)
  return () => {
    if (!known.all.delete(fn) || known.all.size > 0) return
    signal.removeEventListener('abort', known.tell)
    listening.delete(signal)
  }
}

function listen(signal: AbortSignal): { readonly all: Set<() => void>; readonly tell: () => void } {
  const all = new Set<() => void>()
  const tell = (): void => {
    for (const each of all) each()
  }
  signal.addEventListener('abort', tell, { once: true })
  const made = { all, tell }
  listening.set(signal, made)
  return made
}

/** Whether somebody outside gave a signal that ends runs in this scope. */
export function isGivenSignal(scope: Scope): boolean {
  for (let each: Scope | undefined = scope; each !== undefined; each = each.parent) {
    if (each.given !== undefined) return true
  }
  return false
}

/** Whether anything can end a scope, or one around it, early: a signal, a flow, or a timeout, which has made a controller. */
function mayEnd(scope: Scope): boolean {
  for (let each: Scope | undefined = scope; each !== undefined; each = each.parent) {
    if ((each.given ?? each.flow ?? each.controller) !== undefined) return true
  }
  return false
}

/** Whether an error is what ended a scope, or one around it. */
export function isStopReason(scope: Scope, error: unknown): boolean {
  for (let each: Scope | undefined = scope; each !== undefined; each = each.parent) {
    if (each.stopped !== undefined && each.stopped.reason === error) return true
    if (each.given?.aborted && each.given.reason === error) return true
  }
  return false
}

/** Throws ABORTED when a scope, or one around it, has ended. */
export function throwIfStopped(scope: Scope): void {
  for (let each: Scope | undefined = scope; each !== undefined; each = each.parent) {
    if (each.stopped !== undefined || each.given?.aborted) throw abortedError('run', signalOf(scope))
  }
}

/** Throws ABORTED when a run is not to go on: by its own signal, or because something around it has ended. */
export function throwIfCancelled({ definition, outer }: Run): void {
  throwIfStopped(outer)
  const { signal } = definition.options
  if (signal?.aborted) throw abortedError('run', signal)
}

/** Lets go of what the signal listened to. */
export function releaseScope(scope: Scope): void {
  scope.unlink?.()
}

/** The signal for storage calls, where somebody outside may fire one. */
export function givenSignal({ definition, outer }: Run): AbortSignal | undefined {
  const { signal } = definition.options
  const around = signalAround(outer)
  if (signal === undefined || around === undefined) return signal ?? around
  return AbortSignal.any([signal, around])
}

/** The signal of a scope, where anything can end it, or one around it, early. */
export function signalAround(scope: Scope): AbortSignal | undefined {
  return mayEnd(scope) ? signalOf(scope) : undefined
}

/** What a promise gives, or ABORTED as soon as the signal fires: for waiting on the work of others. */
export async function orAborted<R>(signal: AbortSignal | undefined, promise: Promise<R>): Promise<R> {
  if (signal === undefined) return promise
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(abortedError('run', signal))
  if (signal.aborted) abort()
  const unlink = onAbort(signal, abort)
  try {
    return await Promise.race([aborted, promise])
  } finally {
    unlink()
  }
}
