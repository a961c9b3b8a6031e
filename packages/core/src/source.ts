import type { CodecContext } from './codec.ts'
import type { Key } from './key.ts'
import type { Settings } from './options.ts'
import { namesOf, type Pipeline, serializerName } from './pipeline.ts'
import type { DecodedHeader } from './record/record.ts'
import { makeReference, type ResultReference } from './reference.ts'
import type { ResultStorage } from './storage.ts'

/** Where a result lies, and how it is kept. */
export interface Place {
  readonly settings: Settings
  readonly storage: ResultStorage
  readonly key: Key
}

/** What is to be read, and from where. */
export interface Source extends Place {
  readonly reference: ResultReference | undefined
}

/** The reference to a payload that is stored there. */
export function referenceTo(
  { settings, storage, key }: Place,
  { serializer, codecs }: Pipeline,
  size: number,
  sha256: string,
): ResultReference {
  const { name = storage.uri, format } = settings
  return makeReference({
    storage: name,
    key,
    format,
    serializer: serializerName(serializer),
    codecs: namesOf(codecs),
    size,
    sha256,
  })
}

/** What codecs are told about a payload; a plain one has no header. */
export function contextOf(
  { key }: Place,
  header: Pick<DecodedHeader, 'line'> | undefined,
  { maxBytes, signal }: Pick<CodecContext, 'maxBytes' | 'signal'>,
  report: CodecContext['report'] = () => {},
): CodecContext {
  return { key, header: header?.line ?? new Uint8Array(), maxBytes, signal, report }
}
