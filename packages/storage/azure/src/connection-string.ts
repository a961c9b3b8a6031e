import { configError } from './config-error.ts'

const EMULATOR =
  'DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;'

/** A connection string and the blob endpoint that it names. CONFIG when it names none. */
export function parseConnectionString(text: string): { readonly endpoint: string; readonly settings: string } {
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
  if (endpoint !== undefined && URL.canParse(endpoint)) return { endpoint, settings }
  throw configError(
    'a connection string without a BlobEndpoint or AccountName. Copy it from the account\'s "Access keys"',
  )
}
