/** Somebody who keeps bytes under a key. */
export interface Contender {
  readonly name: string
  /** `raw` is what all others are held against; `information` has no targets. */
  readonly kind: 'raw' | 'floor' | 'resultkit' | 'information' | 'peer'
  /** What a reader can rely on. */
  readonly promises: string
  /** @param directory - exists, is empty, and is this contender's alone */
  open(directory: string): Store
}

/** The operations that are measured, each as its users would call it. */
export interface Store {
  write(key: string, bytes: Uint8Array): Promise<unknown>
  /** Throws when absent. */
  read(key: string): Promise<unknown>
  exists(key: string): Promise<boolean>
  /** A look-up that need not hit; only resultkit has it as an operation of its own. */
  find?(key: string): Promise<unknown>
  remove(key: string): Promise<unknown>
  /** How many objects there are, by listing all of them. */
  list(): Promise<number>
  /** Whether a value that was read is what these bytes were written as. */
  holds(value: unknown, bytes: Uint8Array): boolean
}

/** `holds` for everyone who gives bytes back. */
export function holdsBytes(value: unknown, bytes: Uint8Array): boolean {
  return value instanceof Uint8Array && Buffer.compare(value, bytes) === 0
}

/** Counts what an iterable gives. */
export async function countAll(items: AsyncIterable<unknown> | Iterable<unknown>): Promise<number> {
  let count = 0
  for await (const _ of items) count += 1
  return count
}
