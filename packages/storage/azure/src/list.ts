import type {
  ContainerClient,
  ContainerListBlobFlatSegmentResponse,
  ContainerListBlobsOptions,
} from '@azure/storage-blob'
import { compareUtf8, type ListOptions, type ObjectEntry, parseKey, RESERVED_SEGMENT } from '@resultkit/core'
import { type Call, checkSignal, guard } from './failure.ts'
import { statusOf } from './meaning.ts'
import { decodeName, encodeNamePrefix } from './name.ts'
import { type Site, withContainer } from './site.ts'
import { quoted } from './version.ts'

const RESERVED = `${RESERVED_SEGMENT}/`

type Page = ContainerListBlobFlatSegmentResponse
type Blob = Page['segment']['blobItems'][number]

/** `ResultStorage.list`: one request per page. */
export async function* listObjects(site: Site, prefix: string, options: ListOptions): AsyncGenerator<ObjectEntry> {
  const { startAfter, signal } = options
  const call: Call = { site, operation: 'list', key: undefined, signal }
  for await (const page of pages(call, prefix, startAfter)) {
    for (const blob of page.segment.blobItems) {
      const entry = entryOf(site, blob)
      if (entry === undefined || !entry.key.startsWith(prefix)) continue
      if (startAfter !== undefined && compareUtf8(entry.key, startAfter) <= 0) continue
      checkSignal(call)
      yield entry
    }
  }
  checkSignal(call)
}

async function* pages(call: Call, prefix: string, startAfter: string | undefined): AsyncGenerator<Page> {
  const { site } = call
  const nameOf = (text: string): string => encodeNamePrefix(site.prefix + text)
  let startFrom = startAfter ? nameOf(startAfter) : undefined
  let token: string | undefined
  do {
    const page = await guard(call, undefined, async (): Promise<Page> => {
      const options = { prefix: nameOf(prefix), ...(call.signal && { abortSignal: call.signal }) }
      try {
        return await withContainer(call, (container) =>
          firstPage(container, { ...options, ...(startFrom !== undefined && { startFrom }) }, site.pageSize, token),
        )
      } catch (error) {
        if (startFrom === undefined || statusOf(error) !== 400) throw error
        // An endpoint that does not know startFrom: what lies before it is left out here, as it always is.
        startFrom = undefined
        return withContainer(call, (container) => firstPage(container, options, site.pageSize, token))
      }
    })
    yield page
    token = page.continuationToken
  } while (token)
}

async function firstPage(
  container: ContainerClient,
  options: ContainerListBlobsOptions,
  maxPageSize: number,
  continuationToken: string | undefined,
): Promise<Page> {
  const settings = { maxPageSize, ...(continuationToken !== undefined && { continuationToken }) }
  const { value } = await container.listBlobsFlat(options).byPage(settings).next()
  return value
}

/** A row of a page; `undefined` for what is no key, or one that is not listed. */
function entryOf(site: Site, { name, properties }: Blob): ObjectEntry | undefined {
  const path = decodeName(name)
  if (path === undefined || !path.startsWith(site.prefix)) return undefined
  const key = path.slice(site.prefix.length)
  if (key.startsWith(RESERVED) || !isKey(key)) return undefined
  const { contentLength = 0, lastModified, etag } = properties
  return { key, size: contentLength, lastModified, etag: quoted(etag) }
}

function isKey(text: string): boolean {
  try {
    parseKey(text)
    return true
  } catch {
    return false
  }
}
