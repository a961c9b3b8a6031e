import type { CallOptions, DeleteOptions, Key, ObjectStat } from '@resultkit/core'
import { type Call, failure, guard } from './failure.ts'
import { isAbsent } from './meaning.ts'
import { nameOf, type Site, withBlob } from './site.ts'
import { etagHeader, objectStat } from './version.ts'

/** `ResultStorage.stat`: one HEAD. */
export function statObject(site: Site, key: Key, { signal }: CallOptions): Promise<ObjectStat | undefined> {
  const call: Call = { site, operation: 'stat', key, signal }
  return guard(call, undefined, () => headObject(call, nameOf(call, key)))
}

/** What HEAD says of a blob. */
export async function headObject(call: Call, name: string): Promise<ObjectStat | undefined> {
  try {
    const { customerProvidedKey } = call.site.encryption
    const facts = await withBlob(call, name, (blob) =>
      blob.getProperties({
        ...(customerProvidedKey && { customerProvidedKey }),
        ...(call.signal && { abortSignal: call.signal }),
      }),
    )
    return objectStat(call, facts.contentLength, facts)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/** `ResultStorage.delete`: one DELETE. */
export async function deleteObject(site: Site, key: Key, { ifMatch, signal }: DeleteOptions): Promise<void> {
  const call: Call = { site, operation: 'delete', key, signal }
  await guard(call, 'ifMatch', async () => {
    const conditions = ifMatch === undefined ? {} : { ifMatch: etagHeader(ifMatch) }
    try {
      await withBlob(call, nameOf(call, key), (blob) =>
        blob.delete({ conditions, ...(signal && { abortSignal: signal }) }),
      )
    } catch (error) {
      if (!isAbsent(error)) throw error
      if (ifMatch !== undefined) {
        throw failure(call, 'PRECONDITION_FAILED', 'there is no object, so not the version that ifMatch names either')
      }
    }
  })
}
