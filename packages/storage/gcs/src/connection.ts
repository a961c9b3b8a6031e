import type { Agent, request as HttpRequest } from 'node:http'
import type { Storage } from '@google-cloud/storage'
import { type Call, credentialsError, failure } from './failure.ts'
import type { GcsStorageOptions, Settings } from './options.ts'

/** What requests need: where to, through what, and with which credentials. */
export interface Connection {
  /** `https://storage.googleapis.com/storage/v1/b/BUCKET` */
  readonly api: string
  /** `https://storage.googleapis.com/upload/storage/v1/b/BUCKET/o` */
  readonly upload: string
  readonly request: typeof HttpRequest
  readonly agent: Agent
  /** Headers that identify the caller. */
  authorize(url: string): Promise<Readonly<Record<string, string>>>
  /** Lets go of the token that was refused, so that the next `authorize` gets a new one; whether it can. */
  renew(refused: string | undefined): Promise<boolean>
}

/** Makes the connection when it is first asked for. */
export type Connect = (call: Call) => Promise<Connection>

/** Loads the SDK, and Node's HTTP, at the first call; a failure is not kept. */
export function connector(settings: Settings, options: GcsStorageOptions): Connect {
  let made: Promise<Connection> | undefined
  const open = async (): Promise<Connection> =>
    makeConnection(settings, settings.client ?? (await makeClient(settings, options)))
  return async (call) => {
    made ??= open()
    try {
      return await made
    } catch (cause) {
      made = undefined
      const missing = (cause as { readonly code?: unknown } | undefined)?.code === 'ERR_MODULE_NOT_FOUND'
      const what = missing
        ? 'the package @google-cloud/storage is not installed. Install it beside @resultkit/gcs'
        : 'a client of @google-cloud/storage cannot be made of these options; the cause says why'
      throw failure(call, 'CONFIG', what, { cause })
    }
  }
}

async function makeClient({ endpoint: apiEndpoint }: Settings, options: GcsStorageOptions): Promise<Storage> {
  const { Storage: Client } = await import('@google-cloud/storage')
  const { projectId, credentials, keyFilename, authClient, universeDomain } = options
  const named = credentials !== undefined || keyFilename !== undefined || authClient !== undefined
  return new Client({
    ...(projectId !== undefined && { projectId }),
    ...(credentials !== undefined && { credentials }),
    ...(keyFilename !== undefined && { keyFilename }),
    ...(authClient !== undefined && { authClient }),
    ...(apiEndpoint !== undefined && { apiEndpoint }),
    ...(universeDomain !== undefined && { universeDomain }),
    useAuthWithCustomEndpoint: options.useAuthWithCustomEndpoint ?? named,
    retryOptions: { autoRetry: false },
  })
}

function makeConnection({ bucket }: Settings, client: Storage): Connection {
  const { authClient, customEndpoint, useAuthWithCustomEndpoint } = client
  const anonymous = customEndpoint && !useAuthWithCustomEndpoint
  const endpoint = client.apiEndpoint.replace(/\/+$/, '')
  // With STORAGE_EMULATOR_HOST the SDK reads from there, even where it writes to another endpoint.
  const base = `${client.baseUrl}/`.startsWith(`${endpoint}/`)
    ? client.baseUrl.replace(/\/+$/, '')
    : `${endpoint}/storage/v1`
  const name = encodeURIComponent(bucket)
  const secure = base.startsWith('https:')
  const http = process.getBuiltinModule('node:http')
  const https = process.getBuiltinModule('node:https')
  const agentOptions = { keepAlive: true, proxyEnv: process.env }
  return {
    api: `${base}/b/${name}`,
    upload: `${endpoint}/upload/storage/v1/b/${name}/o`,
    request: secure ? https.request : http.request,
    agent: secure ? new https.Agent(agentOptions) : new http.Agent(agentOptions),
    async authorize(url) {
      return anonymous ? {} : Object.fromEntries(await authClient.getRequestHeaders(url))
    },
    async renew(refused) {
      if (anonymous) return false
      const auth = await authClient.getClient()
      // An auth client of another kind has none.
      const credentials: typeof auth.credentials | undefined = auth.credentials
      if (credentials === undefined) return false
      // Somebody else has renewed it already.
      if (refused !== `Bearer ${credentials.access_token}`) return true
      // A bare access token has nothing to be renewed with.
      if (!credentials.refresh_token && !credentials.expiry_date) return false
      auth.setCredentials({ ...credentials, access_token: null, expiry_date: 1 })
      return true
    },
  }
}

/** What {@link Connection.authorize} or `renew` gives, with typed errors. */
export async function withCredentials<T>(call: Call, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    throw credentialsError(call, cause)
  }
}
