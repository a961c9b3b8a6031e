import type { ListOptions, ObjectEntry } from '@resultkit/core'
import { type Call, checkSignal, failure, notS3, toResultError } from './failure.ts'
import { decodeName, etagText, keyOf } from './names.ts'
import type { Root } from './root.ts'

/** `ResultStorage.list`: one request per 1,000 objects. */
export async function* listObjects(
  root: Root,
  prefix: string,
  { startAfter, signal }: ListOptions,
): AsyncGenerator<ObjectEntry, void, undefined> {
  const call: Call = { root, operation: 'list', key: undefined, signal }
  let token: string | undefined
  if (!root.capabilities.list) throw failure(call, 'UNSUPPORTED', 'this server does not list')
  try {
    do {
      checkSignal(call)
      const page = await readPage(call, prefix, startAfter, token)
      for (const entry of page.entries) {
        checkSignal(call)
        yield entry
      }
      token = page.next
    } while (token !== undefined)
    checkSignal(call)
  } catch (error) {
    throw await toResultError(call, error)
  }
}

interface Page {
  readonly entries: readonly ObjectEntry[]
  readonly next: string | undefined
}

async function readPage(
  call: Call,
  prefix: string,
  startAfter: string | undefined,
  token: string | undefined,
): Promise<Page> {
  const { root, signal } = call
  const { sdk, send } = await root.service()
  const input = {
    Bucket: root.bucket,
    Prefix: root.base + prefix,
    EncodingType: 'url' as const,
    ...root.every,
    ...(startAfter !== undefined && startAfter !== '' && { StartAfter: root.base + startAfter }),
    ...(token !== undefined && { ContinuationToken: token }),
  }
  const page = await send(new sdk.ListObjectsV2Command(input), signal)
  const { IsTruncated, NextContinuationToken } = page
  const goesOn = IsTruncated === true
  // A page that does not say how it goes on would pass for the end.
  if (IsTruncated === undefined || (goesOn && (NextContinuationToken ?? token) === token)) throw notS3(call)
  root.bucketSeen.value = true
  const entries = (page.Contents ?? []).flatMap(({ Key, Size, LastModified, ETag }): ObjectEntry[] => {
    const key = keyOf(root, decodeName(Key ?? '', page.EncodingType))
    if (key === undefined) return []
    return [{ key, size: Size ?? 0, lastModified: LastModified, etag: ETag && etagText(ETag) }]
  })
  return { entries, next: goesOn ? NextContinuationToken : undefined }
}
