import type { ByteRange, Key, ObjectStat, ReadOptions, StoredObject } from '@resultkit/core'
import { type Body, emptyObject, openObject, wholeBody } from './body.ts'
import { type Call, checkSignal, failure, guard, sdkFailure } from './failure.ts'
import { objectName } from './names.ts'
import type { Root } from './root.ts'
import { conditionInput, type Described, headObject, readConflict, statOf } from './stat.ts'

/** `ResultStorage.read`: one GET. A range without bytes, which HTTP cannot ask for, is one HEAD. */
export async function readObject(root: Root, key: Key, options: ReadOptions): Promise<StoredObject | undefined> {
  const call: Call = { root, operation: 'read', key, signal: options.signal }
  return guard(call, async () => {
    admit(call, options)
    const { range } = options
    if (range !== undefined && range.start === range.end) return readNothing(call, key, options)
    const { sdk, send } = await root.service()
    const input = {
      Bucket: root.bucket,
      Key: objectName(root, key),
      ...root.every,
      ...conditionInput(options),
      ...(range !== undefined && { Range: rangeHeader(range) }),
    }
    try {
      const output = await send(new sdk.GetObjectCommand(input), options.signal)
      root.bucketSeen.value = true
      return openAnswer(call, key, output, options)
    } catch (error) {
      const { status, code } = sdkFailure(error)
      if (code === 'NoSuchKey') {
        root.bucketSeen.value = true
        checkSignal(call)
        return undefined
      }
      if (status === 416) return readNothing(call, key, options)
      throw readConflict(call, error) ?? error
    }
  })
}

/** UNSUPPORTED for what the server cannot do, before any I/O. */
function admit(call: Call, { range, ifMatch, ifNoneMatch }: ReadOptions): void {
  const { ranges, readConditions } = call.root.capabilities
  if (range !== undefined && !ranges) throw failure(call, 'UNSUPPORTED', 'this server reads no ranges. Read the whole')
  if ((ifMatch !== undefined || ifNoneMatch !== undefined) && !readConditions)
    throw failure(call, 'UNSUPPORTED', 'this server keeps no conditions of reads. Read without them')
}

async function readNothing(call: Call, key: string, options: ReadOptions): Promise<StoredObject | undefined> {
  const stat = await headObject(call, key, options)
  return stat && emptyObject(call, stat)
}

type Answer = Described & { readonly ContentRange?: string | undefined; readonly Body?: unknown }

function openAnswer(call: Call, key: string, output: Answer, { range, maxBytes }: ReadOptions): StoredObject {
  const length = output.ContentLength
  const body: Body = wholeBody(output.Body, length)
  try {
    checkSignal(call)
    const size = range === undefined ? length : totalOf(output.ContentRange)
    if (size === undefined) {
      const what =
        range === undefined ? 'the server did not say how long the object is' : 'the server ignored the range'
      throw failure(call, 'UNSUPPORTED', `${what}. Check what stands between it and this process`)
    }
    if (maxBytes !== undefined && (length ?? size) > maxBytes)
      throw failure(call, 'TOO_LARGE', `${length ?? size} bytes are more than maxBytes (${maxBytes})`)
    const stat: ObjectStat = statOf(call, key, output, size)
    return openObject(call, stat, body, length ?? size)
  } catch (error) {
    body.discard()
    throw error
  }
}

function rangeHeader({ start, end }: ByteRange): string {
  if (start < 0) return `bytes=${start}`
  return end === undefined ? `bytes=${start}-` : `bytes=${start}-${end - 1}`
}

/** The size of the whole object, out of `bytes 0-9/100`. */
function totalOf(contentRange: string | undefined): number | undefined {
  const total = /\/(\d+)$/.exec(contentRange ?? '')?.[1]
  return total === undefined ? undefined : Number(total)
}
