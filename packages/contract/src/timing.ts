import { broken } from './expectation.ts'
import { show } from './show.ts'

/** A promise that is settled from outside. */
export interface Gate {
  readonly opened: Promise<void>
  open(): void
}

/** A gate, closed. */
export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

/** The promise's outcome; a failure that says what was promised when it does not settle: a test that hangs says nothing. */
export async function settles<Value>(
  promised: string,
  promise: Promise<Value>,
  milliseconds: number = 20_000,
): Promise<Value> {
  const { promise: hung, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(broken(promised, `nothing for ${milliseconds} ms`)), milliseconds)
  try {
    return await Promise.race([promise, hung])
  } finally {
    clearTimeout(timer)
  }
}

/** Lets everything run that is ready to. */
export async function settleTasks(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setTimeout(resolve, 0))
}

/** Runs `work` for every item, at most `limit` at a time; the results keep the items' order. */
export async function forEachOf<Item, Outcome>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Outcome>,
  limit: number = 16,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++
      try {
        outcomes[index] = await work(items[index] as Item, index)
      } catch (error) {
        next = items.length
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return outcomes
}

interface RejectionEvents {
  on(event: 'unhandledRejection', listener: (reason: unknown) => void): void
  off(event: 'unhandledRejection', listener: (reason: unknown) => void): void
}

/** Fails when `work` leaves a rejected promise that nobody handles; seen on runtimes with Node's `process` events. */
export async function withoutStrayRejections(promised: string, work: () => Promise<void>): Promise<void> {
  const { process } = globalThis as { readonly process?: RejectionEvents }
  const strays: unknown[] = []
  const listener = (reason: unknown): void => void strays.push(reason)
  process?.on('unhandledRejection', listener)
  try {
    await work()
    await settleTasks()
  } finally {
    process?.off('unhandledRejection', listener)
  }
  if (strays.length > 0) throw broken(promised, `an unhandled rejection with ${show(strays[0])}`)
}
