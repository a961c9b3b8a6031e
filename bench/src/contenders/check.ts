import { randomPayload, stamp } from '../payload.ts'
import type { Store } from './contender.ts'

const SIZES = [1024, 1024 * 1024]

/** Throws unless a store gives back what was written, replaces it, misses what is absent, and forgets what is removed. */
export async function checkStore(name: string, store: Store): Promise<void> {
  const expect = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(`${name}: ${what}.`)
  }
  for (const size of SIZES) {
    const key = `check-${size}`
    const bytes = randomPayload(size)
    expect(!(await store.exists(key)), 'exists is true before the write')
    for (let pass = 0; pass < 2; pass++) {
      await store.write(key, stamp(bytes))
      expect(store.holds(await store.read(key), bytes), `what was read is not what was written (${size} bytes)`)
    }
    await store.find?.(key)
    expect(await store.exists(key), 'exists is false after the write')
    expect((await store.list()) === 1, 'list does not give the one object')
    await store.remove(key)
    expect(!(await store.exists(key)), 'exists is true after the removal')
  }
}
