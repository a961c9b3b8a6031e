import type { ContainerClient } from '@azure/storage-blob'
import { ResultError } from '@resultkit/core'

/** How long before its end a signature is replaced. */
const MARGIN_MS = 60_000

interface Signed {
  readonly client: ContainerClient
  /** When the signature ends, as far as it says; milliseconds since 1970. */
  readonly until: number
}

/** A client whose shared access signature is asked for again before it ends, and when it is refused. */
export function renewable(
  ask: () => Promise<string>,
  open: (token: string) => Promise<ContainerClient>,
): {
  container(): Promise<ContainerClient>
  renew(refused: ContainerClient): Promise<ContainerClient>
} {
  let current: Promise<Signed> | undefined
  const fetch = (): Promise<Signed> => {
    const asked = ask()
      .catch(noToken)
      .then(async (token) => ({ client: await open(token), until: endOf(token) }))
    current = asked
    asked.catch(() => {
      if (current === asked) current = undefined
    })
    return asked
  }
  return {
    async container() {
      const asked = current ?? fetch()
      const signed = await asked
      if (Date.now() < signed.until - MARGIN_MS) return signed.client
      return (await (current === asked ? fetch() : (current ?? fetch()))).client
    },
    async renew(refused) {
      const signed = await (current ?? fetch())
      // Others may have renewed it while this request was under way.
      return signed.client === refused ? (await fetch()).client : signed.client
    },
  }
}

function noToken(cause: unknown): never {
  const message = 'azureStorage got no signature: the sasToken function failed. The cause is its error.'
  throw new ResultError({ code: 'UNAVAILABLE', operation: 'azureStorage', message, retryable: true, cause })
}

function endOf(token: string): number {
  const end = Date.parse(new URLSearchParams(token.replace(/^\?/, '')).get('se') ?? '')
  return Number.isNaN(end) ? Number.POSITIVE_INFINITY : end
}
