import type { Serializer } from '@resultkit/core'
import type { ContractCase } from '../contract-case.ts'
import { expectThat } from '../expectation.ts'
import { firstDifference } from './same-value.ts'
import { streamCases } from './streams.ts'
import { serializerCase } from './use.ts'
import { valueCases } from './values.ts'

async function checkMembers(serializer: Serializer): Promise<void> {
  const { name, contentType, extension, kind, options } = serializer
  expectThat(/^[!-~]+$/.test(name), 'name is printable ASCII without spaces, such as json or acme/avro', name)
  const mediaType = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;\s*[\w-]+=[^;\s]+)*$/
  expectThat(mediaType.test(contentType), 'contentType is a media type', contentType)
  expectThat(/^[\w-]+(?:\.[\w-]+)*$/.test(extension), 'extension has no leading dot', extension)
  expectThat(kind === 'value' || kind === 'stream', 'kind is value or stream', `${kind}`)
  const copy: unknown = options === undefined ? undefined : JSON.parse(JSON.stringify(options))
  const difference = firstDifference(copy, options)
  expectThat(difference === undefined, 'options are what JSON gives back, or readers do not know them', `${difference}`)
}

/** What every serializer promises. `open()` gives a serializer; a case opens it once. */
export const serializerContract: readonly ContractCase<Serializer>[] = [
  serializerCase('members: name, contentType, extension, kind and options', checkMembers),
  ...valueCases,
  ...streamCases,
]
