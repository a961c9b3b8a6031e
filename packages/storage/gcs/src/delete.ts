import type { DeleteOptions, Key } from '@resultkit/core'
import { type Call, failure, refusedCause, refusedError } from './failure.ts'
import { generationOf, objectName } from './object.ts'
import { askText, jsonOf, queryText, refusedOf, type Service } from './service.ts'
import { confirmAbsent } from './stat.ts'

/** `ResultStorage.delete`: one DELETE, with `ifGenerationMatch` where `ifMatch` is given. */
export async function deleteObject(service: Service, key: Key, { ifMatch, signal }: DeleteOptions): Promise<void> {
  const call: Call = { uri: service.settings.uri, operation: 'delete', key, signal }
  const name = encodeURIComponent(objectName(service, call, key))
  // Generation 1 was never given out: an etag of another storage matches nothing.
  const ifGenerationMatch = ifMatch === undefined ? undefined : (generationOf(ifMatch) ?? '1')
  const query = queryText(service.settings, { ifGenerationMatch })
  const answer = await askText(service, call, { method: 'DELETE', url: ({ api }) => `${api}/o/${name}${query}` })
  if (answer.status === 204) return
  if (answer.status === 200) {
    // A proxy's page deletes nothing.
    if (answer.text !== '') jsonOf(call, answer)
    return
  }
  const refused = refusedOf(answer)
  if (refused.status === 404) {
    await confirmAbsent(service, call, key, refused)
    if (ifMatch === undefined) return
  } else if (refused.status !== 412) throw refusedError(call, refused)
  const what = 'the stored object is not the version that ifMatch names'
  throw failure(call, 'PRECONDITION_FAILED', what, { cause: refusedCause(refused) })
}
