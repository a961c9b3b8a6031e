import { abortedError, throwIfAborted } from './errors.ts'

/** What `work` gives, or ABORTED as soon as the signal fires: for work of others that takes no signal and may hang. */
export async function underSignal<R>(
  signal: AbortSignal | undefined,
  operation: string,
  work: () => R | Promise<R>,
): Promise<R> {
  if (!signal) return work()
  throwIfAborted(operation, signal)
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(abortedError(operation, signal))
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([aborted, (async () => work())()])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
