import type { BlobServiceClient, ContainerClient } from '@azure/storage-blob'
import { ResultError } from '@resultkit/core'
import { givesTokens } from './check-options.ts'
import { configError } from './config-error.ts'
import { parseConnectionString } from './connection-string.ts'
import type { AzureStorageOptions, AzureTokenCredential } from './options.ts'
import { renewable } from './sas-token.ts'

/** How a storage reaches its container. */
export interface Connection {
  /** The container's URL without its query. */
  readonly uri: string
  /** Whether the client is made here; else its retries are its owner's. */
  readonly ours: boolean
  /** The client; loads the SDK at first. */
  container(): Promise<ContainerClient>
  /** A client with newer credentials than `refused` has; `undefined` where there are none. */
  renew(refused: ContainerClient): Promise<ContainerClient | undefined>
}

type Sdk = typeof import('@azure/storage-blob')

/** Retries are core's, so that they do not multiply. */
const PIPELINE = { retryOptions: { maxTries: 1 }, userAgentOptions: { userAgentPrefix: 'resultkit' } }

const WAYS =
  'no way to reach Azure. Give one of: client; connectionString, or AZURE_STORAGE_CONNECTION_STRING in the environment; sasUrl; accountName with accountKey, sasToken, credential, or alone for the default credentials of @azure/identity; endpoint instead of, or with, accountName'

const EXCLUSIVE = ['client', 'connectionString', 'sasUrl', 'accountKey', 'sasToken', 'credential'] as const

/** Chooses the way to the container: CONFIG when there is none, or more than one. No I/O. */
export function openConnection(options: AzureStorageOptions): Connection {
  const given = EXCLUSIVE.filter((option) => options[option] !== undefined)
  if (given.length > 1) throw configError(`${given.join(' and ')}; give one of them`)
  const { client, sasUrl, accountName, endpoint } = options
  const account = accountName !== undefined || endpoint !== undefined
  const complete = client !== undefined || options.connectionString !== undefined || sasUrl !== undefined
  if (complete && account) throw configError(`${given[0]} and an accountName or endpoint, which it names itself`)
  if (client !== undefined) return passedIn(client, options.container)
  if (sasUrl !== undefined) return bySasUrl(sasUrl, options.container)
  if (account) return byAccount(options)
  const connectionString = options.connectionString ?? process.env['AZURE_STORAGE_CONNECTION_STRING']
  if (!connectionString || given.length > (options.connectionString === undefined ? 0 : 1)) throw configError(WAYS)
  return byConnectionString(connectionString, options.container)
}

function passedIn(client: ContainerClient | BlobServiceClient, container: string | undefined): Connection {
  const opened = 'getContainerClient' in client ? client.getContainerClient(checkContainer(container)) : client
  if (container !== undefined && opened.containerName !== container) {
    throw configError('a container and a client of another container')
  }
  return { uri: withoutQuery(opened.url), ours: false, container: async () => opened, renew: async () => undefined }
}

function bySasUrl(sasUrl: string, container: string | undefined): Connection {
  const url = parseUrl(sasUrl, 'sasUrl')
  const path = url.pathname.replace(/\/$/, '')
  if (/\.blob\.(?:core|storage)\./.test(url.hostname) && path.lastIndexOf('/') > 0) {
    throw configError('a sasUrl of a blob; give that of its container or account')
  }
  if (container === undefined) checkContainer(path.split('/').at(-1))
  else if (!path.endsWith(`/${checkContainer(container)}`)) url.pathname = `${path}/${container}`
  return lazily(withoutQuery(url.href), async ({ ContainerClient }) => {
    return new ContainerClient(url.href, undefined, PIPELINE)
  })
}

function byConnectionString(connectionString: string, container: string | undefined): Connection {
  const name = checkContainer(container)
  const { endpoint, settings, authorized } = parseConnectionString(connectionString)
  const url = containerUrl(parseUrl(endpoint, 'connectionString with a BlobEndpoint').href, name)
  if (!authorized) return byToken(url, undefined)
  return lazily(url, async ({ ContainerClient }) => new ContainerClient(settings, name, PIPELINE))
}

function byAccount(options: AzureStorageOptions): Connection {
  const { accountName, accountKey, sasToken, credential: given } = options
  const container = checkContainer(options.container)
  const endpoint = options.endpoint ?? `https://${checkAccount(accountName)}.blob.core.windows.net`
  const url = containerUrl(parseUrl(endpoint, 'endpoint').href, container)
  if (sasToken !== undefined) return bySasToken(url, sasToken)
  if (accountKey === undefined) {
    if (given === undefined || givesTokens(given)) return byToken(url, given)
    return lazily(url, async ({ ContainerClient }) => new ContainerClient(url, given, PIPELINE))
  }
  if (accountName === undefined) throw configError('an accountKey without its accountName')
  return lazily(url, async ({ ContainerClient, StorageSharedKeyCredential }) => {
    return new ContainerClient(url, new StorageSharedKeyCredential(accountName, accountKey), PIPELINE)
  })
}

/** With tokens of `credential`, or of the default credential chain. */
function byToken(url: string, credential: AzureTokenCredential | undefined): Connection {
  if (!url.startsWith('https:'))
    throw configError(
      'an http: endpoint; tokens are sent to https: alone. Give an https: one, or an accountKey or a sasToken',
    )
  return lazily(url, async ({ ContainerClient }) => {
    return new ContainerClient(url, credential ?? (await defaultCredential()), PIPELINE)
  })
}

function bySasToken(url: string, token: string | (() => string | Promise<string>)): Connection {
  const open = async (sas: string): Promise<ContainerClient> => {
    const { ContainerClient } = await loadSdk()
    return new ContainerClient(`${url}?${sas.replace(/^\?/, '')}`, undefined, PIPELINE)
  }
  if (typeof token === 'string') return lazily(url, () => open(token))
  return { uri: url, ours: true, ...renewable(async () => token(), open) }
}

function lazily(uri: string, make: (sdk: Sdk) => Promise<ContainerClient>): Connection {
  let client: Promise<ContainerClient> | undefined
  const container = (): Promise<ContainerClient> => {
    client ??= loadSdk()
      .then(make)
      .catch((error: unknown) => {
        client = undefined
        throw error instanceof ResultError ? error : configError('settings that the Azure SDK refuses', error)
      })
    return client
  }
  return { uri, ours: true, container, renew: async () => undefined }
}

async function loadSdk(): Promise<Sdk> {
  try {
    return await import('@azure/storage-blob')
  } catch (cause) {
    throw missing('@azure/storage-blob', cause)
  }
}

async function defaultCredential(): Promise<AzureTokenCredential> {
  try {
    const { DefaultAzureCredential } = await import('@azure/identity')
    return new DefaultAzureCredential()
  } catch (cause) {
    throw missing('@azure/identity', cause)
  }
}

function missing(name: string, cause: unknown): ResultError {
  const message = `azureStorage could not load ${name}. Install it (npm install ${name}), or pass a client or another credential.`
  return new ResultError({ code: 'CONFIG', operation: 'azureStorage', message, cause })
}

/** Azure's rules for names of accounts: the name becomes a host, and anything else could make it another one. */
function checkAccount(name: string | undefined): string {
  if (name !== undefined && /^[a-z0-9]{3,24}(?:-secondary)?$/.test(name)) return name
  throw configError(
    'an accountName that Azure does not allow: 3 to 24 lower-case letters and digits. Give an endpoint for another host',
  )
}

/** Azure's rules for names of containers, and the three that it makes itself. */
function checkContainer(name: string | undefined): string {
  if (name === undefined) throw configError('no container')
  if (/^(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name) || /^\$(?:root|web|logs)$/.test(name)) return name
  throw configError(
    'a container name that Azure does not allow: 3 to 63 lower-case letters, digits and single hyphens between them',
  )
}

function containerUrl(endpoint: string, container: string): string {
  return `${withoutQuery(endpoint).replace(/\/$/, '')}/${container}`
}

function parseUrl(text: string, option: string): URL {
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url
  throw configError(`as ${option} something else than an https: or http: URL without user and password`)
}

function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '')
}
