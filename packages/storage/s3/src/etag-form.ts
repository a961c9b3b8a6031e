import { type Call, sdkFailure } from './failure.ts'
import { etagText, quotedEtag } from './names.ts'
import { headObject } from './stat.ts'

/**
 * How a server takes the ETag of a conditional write: quoted, as RFC 9110 has it, or bare. AWS takes both, Ceph 16
 * answers 412 to whatever is quoted.
 */
export type EtagForm = 'quoted' | 'bare'

/**
 * Sends a write or delete with `If-Match`. While it is not known which form the server takes, a 412 costs one HEAD: when
 * the stored object is the one that was asked for, the form was not understood, and the request is sent again with the
 * bare one, once. The form that a request succeeds with is used from then on.
 *
 * @param before - the writeId of this write, if a request with it may have been stored before: that one's is no misunderstanding
 */
export async function sendIfMatch<T>(
  call: Call,
  { key, ifMatch, before }: { readonly key: string; readonly ifMatch: string; readonly before: string | undefined },
  send: (condition: string) => Promise<T>,
): Promise<T> {
  const { etagForm } = call.root
  const sendAs = async (form: EtagForm): Promise<T> => {
    const outcome = await send(form === 'bare' ? bareEtag(ifMatch) : quotedEtag(ifMatch))
    etagForm.known ??= form
    return outcome
  }
  const first = etagForm.known ?? 'quoted'
  try {
    return await sendAs(first)
  } catch (error) {
    if (sdkFailure(error).status !== 412) throw error
    call.root.bucketSeen.value = true
    // Another request may have found out meanwhile.
    if (etagForm.known === first) throw error
    if (etagForm.known === undefined && !(await isAskedFor(call, key, ifMatch, before))) throw error
  }
  return sendAs('bare')
}

/** Bare, `*` and lists would match more than one version. */
function bareEtag(etag: string): string {
  const text = etagText(etag)
  return /^[\w.:+/=-]+$/.test(text) ? text : quotedEtag(etag)
}

async function isAskedFor(call: Call, key: string, ifMatch: string, before: string | undefined): Promise<boolean> {
  try {
    const stored = await headObject(call, key, undefined)
    if (stored === undefined || (before !== undefined && stored.writeId === before)) return false
    return stored.etag === etagText(ifMatch)
  } catch (error) {
    // Who may not look is left with the server's answer.
    if (sdkFailure(error).status === 403) return false
    throw error
  }
}
