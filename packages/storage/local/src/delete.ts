import type { DeleteOptions, Key } from '@resultkit/core'
import { errnoOf } from './disk.ts'
import { type Call, checkSignal, guard } from './failure.ts'
import { pruneParents, syncParents } from './folders.ts'
import { withLock } from './lock.ts'
import { locate, look, type Place } from './place.ts'
import type { Root } from './root.ts'
import { assertMatch } from './write.ts'

/** `ResultStorage.delete`. Parents that became empty go as well. */
export async function deleteObject(root: Root, key: Key, options: DeleteOptions): Promise<void> {
  const call: Call = { root, operation: 'delete', key, signal: options.signal }
  const { ifMatch } = options
  await guard(call, async () => {
    checkSignal(call)
    const place = locate(call, key)
    if (ifMatch === undefined) return remove(call, place, undefined)
    // Without this look, deleting what is not there would make the folder of locks.
    assertMatch(call, await look(call, place), ifMatch)
    await withLock(call, () => remove(call, place, ifMatch))
  })
}

async function remove(call: Call, place: Place, ifMatch: string | undefined): Promise<void> {
  const found = await look(call, place)
  if (ifMatch !== undefined) assertMatch(call, found, ifMatch)
  if (found.is !== 'file') return
  checkSignal(call)
  try {
    await call.root.disk.unlink(place.path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
  await pruneParents(call, place)
  if (call.root.durability === 'full') await syncParents(call, place)
}
