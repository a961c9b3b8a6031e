import { compareUtf8, type ListOptions, type ObjectEntry } from '@resultkit/core'
import { type Call, checkSignal } from './failure.ts'
import { encodeName, listedKey } from './names.ts'
import { dateOf } from './object.ts'
import { askText, bucketError, jsonOf, queryText, refusedOf, type Service } from './service.ts'

const FIELDS = 'items(name,size,generation,timeCreated),nextPageToken'

/** `ResultStorage.list`: one GET per page of up to 1,000 objects, each when it is needed. */
export async function* listObjects(
  service: Service,
  prefix: string,
  { startAfter, signal }: ListOptions,
): AsyncGenerator<ObjectEntry, void, undefined> {
  const { settings } = service
  const call: Call = { uri: settings.uri, operation: 'list', key: undefined, signal }
  const after = startAfter === undefined ? undefined : encodeName(settings.prefix + startAfter)
  const wanted = encodeName(settings.prefix + prefix)
  let pageToken: string | undefined
  do {
    const query = queryText(settings, {
      prefix: wanted === '' ? undefined : wanted,
      // Inclusive, unlike startAfter; and some servers do not know it.
      startOffset: after === '' ? undefined : after,
      fields: FIELDS,
      pageToken,
    })
    const page = await readPage(service, call, query)
    for (const { name, size, generation, timeCreated } of page.items ?? []) {
      checkSignal(call)
      const key = listedKey(name, settings.prefix)
      if (!key?.startsWith(prefix) || (after !== undefined && compareUtf8(name, after) <= 0)) continue
      yield { key, size: Number(size), lastModified: dateOf(timeCreated), etag: generation }
    }
    pageToken = page.nextPageToken
  } while (pageToken !== undefined && pageToken !== '')
  checkSignal(call)
}

interface Page {
  readonly items?: readonly {
    readonly name: string
    readonly size: string
    readonly generation: string
    readonly timeCreated: string
  }[]
  readonly nextPageToken?: string
}

async function readPage(service: Service, call: Call, query: string): Promise<Page> {
  const answer = await askText(service, call, { method: 'GET', url: ({ api }) => `${api}/o${query}` })
  if (answer.status !== 200) throw bucketError(call, refusedOf(answer))
  return jsonOf(call, answer)
}
