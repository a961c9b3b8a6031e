import { configError } from './config-error.ts'

const EMULATOR =
  'DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;'

/** What a connection string says. */
interface ConnectionString {
  /** The blob endpoint that it names. */
  readonly endpoint: string
  /** The string itself, for the SDK. */
  readonly settings: string
  /** Whether it has a key or a signature. */
  readonly authorized: boolean
}

/** CONFIG when it names no blob endpoint. */
export function parseConnectionString(text: string): ConnectionString {
  const settings = /^\s*UseDevelopmentStorage=true\s*;?\s*$/i.test(text) ? EMULATOR : text
  const parts = new Map<string, string>()
  for (const part of settings.split(';')) {
    const at = part.indexOf('=')
    if (at > 0) parts.set(part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim())
  }
  const account = parts.get('accountname')
  const protocol = parts.get('defaultendpointsprotocol') ?? 'https'
  const suffix = parts.get('endpointsuffix') ?? 'core.windows.net'
  const endpoint =
    parts.get('blobendpoint') ?? (account === undefined ? undefined : `${protocol}://${account}.blob.${suffix}`)
  const authorized = parts.has('accountkey') || parts.has('sharedaccesssignature')
  if (endpoint !== undefined && URL.canParse(endpoint)) return { endpoint, settings, authorized }
  throw configError(
    'a connection string without a BlobEndpoint or AccountName. Copy it from the account\'s "Access keys"',
  )
}
