import type { Key, ObjectStat } from '@resultkit/core'
import { type Call, type Refused, refusedError } from './failure.ts'
import { objectName, STAT_FIELDS, statOf } from './object.ts'
import { askText, assertObjectAbsent, jsonOf, queryText, refusedOf, type Service } from './service.ts'

/** `ResultStorage.stat`: one GET of the metadata. */
export async function statObject(
  service: Service,
  key: Key,
  signal: AbortSignal | undefined,
): Promise<ObjectStat | undefined> {
  return lookUp(service, { uri: service.settings.uri, operation: 'stat', key, signal }, key)
}

/** What is stored there now, asked on behalf of another operation. */
export async function lookUp(service: Service, call: Call, key: string): Promise<ObjectStat | undefined> {
  const name = encodeURIComponent(objectName(service, call, key))
  const query = queryText(service.settings, { fields: STAT_FIELDS })
  const answer = await askText(service, call, { method: 'GET', url: ({ api }) => `${api}/o/${name}${query}` })
  if (answer.status === 200) return statOf(call, key, jsonOf(call, answer))
  const refused = refusedOf(answer)
  if (refused.status !== 404) throw refusedError(call, refused)
  assertObjectAbsent(call, refused)
  return undefined
}

/**
 * Throws unless a 404 means that the object is missing. One without the service's own words, which servers that speak its
 * protocol send, may be a proxy's: the metadata, which is asked for then, is always answered in JSON.
 */
export async function confirmAbsent(service: Service, call: Call, key: string, refused: Refused): Promise<void> {
  const plain = !refused.known && !/^No such object: |\bbucket\b/i.test(refused.message)
  if (!plain) assertObjectAbsent(call, refused)
  else if ((await lookUp(service, call, key)) !== undefined) throw refusedError(call, refused)
}
