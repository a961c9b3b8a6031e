import type { DeleteOptions, Key } from '@resultkit/core'
import { sendIfMatch } from './etag-form.ts'
import { type Call, checkSignal, failure, guard, sdkFailure } from './failure.ts'
import { objectName } from './names.ts'
import type { Root } from './root.ts'

/** `ResultStorage.delete`: one DELETE. In a bucket with versions it leaves a delete marker. */
export async function deleteObject(root: Root, key: Key, { ifMatch, signal }: DeleteOptions): Promise<void> {
  const call: Call = { root, operation: 'delete', key, signal }
  await guard(call, async () => {
    if (ifMatch !== undefined && !root.capabilities.deleteIfMatch)
      throw failure(call, 'UNSUPPORTED', 'this server keeps no conditions of deletes. Delete without ifMatch')
    const { sdk, send } = await root.service()
    const input = { Bucket: root.bucket, Key: objectName(root, key), ...root.every }
    const remove = (IfMatch?: string): Promise<unknown> =>
      send(new sdk.DeleteObjectCommand({ ...input, ...(IfMatch !== undefined && { IfMatch }) }), signal)
    try {
      if (ifMatch === undefined) await remove()
      else await sendIfMatch(call, { key, ifMatch, before: undefined }, remove)
    } catch (cause) {
      const { status, code } = sdkFailure(cause)
      const missing = code === 'NoSuchKey'
      if (missing && ifMatch === undefined) return
      if (!missing && status !== 412) throw cause
      const what = 'the stored object is not the version that ifMatch names'
      throw failure(call, 'PRECONDITION_FAILED', what, { cause })
    }
    root.bucketSeen.value = true
    checkSignal(call)
  })
}
