import { config } from './check-options.ts'
import type { Codec } from './codec.ts'
import { bareName, describeSerializer, type Pipeline } from './pipeline.ts'
import type { SerializerName } from './reference.ts'
import type { Serializer } from './serializer.ts'
import { bytes } from './serializers/bytes.ts'
import { json } from './serializers/json.ts'
import { ndjson } from './serializers/ndjson.ts'
import { text } from './serializers/text.ts'

const BUILT_IN: Readonly<Record<string, () => Serializer>> = { bytes, json, ndjson, text }

const COMPRESSED = 'compressed/'

/**
 * Resolves a serializer that was given by name, or passes an instance on. `compressed/json` is json with the first
 * compression codec at hand.
 *
 * Errors: CONFIG for a name that is not known, which lists the known ones.
 */
export function resolveSerializer(
  given: Serializer | string,
  serializers: readonly Serializer[],
  codecs: readonly Codec[],
): Pipeline {
  if (typeof given !== 'string') return { serializer: given, codecs: [] }
  if (!given.startsWith(COMPRESSED)) return { serializer: named(given, serializers), codecs: [] }
  const compression = codecs.find(({ kind }) => kind === 'compression')
  if (compression === undefined) {
    throw config(`"${given}" needs a compression codec. Install @resultkit/compress, and give codecs: [zstd()].`)
  }
  return { serializer: named(given.slice(COMPRESSED.length), serializers), codecs: [compression] }
}

function named(name: string, serializers: readonly Serializer[]): Serializer {
  const found = serializers.find((serializer) => serializer.name === name) ?? builtIn(name)
  if (found !== undefined) return found
  throw config(unknownSerializer(name, serializers))
}

/** One of core's own serializers, with its default options. */
export function builtIn(name: SerializerName): Serializer | undefined {
  return typeof name === 'string' && Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name]?.() : undefined
}

/** What to say about a serializer that is not there. */
export function unknownSerializer(name: SerializerName, serializers: readonly Serializer[]): string {
  const known = [...new Set([...serializers.map((serializer) => serializer.name), ...Object.keys(BUILT_IN)])].sort()
  const bare = bareName(name)
  const install = ['pickle', 'msgpack', 'cbor'].includes(bare)
    ? `Install @resultkit/${bare}, and give serializers: [${bare}()].`
    : `Give it in serializers.`
  return `The serializer ${describeSerializer(name)} is not known here; known are ${known.join(', ')}. ${install}`
}

/** The serializer that applies when none was given: `RESULTKIT_DEFAULT_SERIALIZER`, else json. */
export function defaultSerializerName(): string {
  return environment('RESULTKIT_DEFAULT_SERIALIZER') ?? 'json'
}

/** An environment variable, where the runtime has them and lets us see it; empty is unset. */
export function environment(name: string): string | undefined {
  const { process } = globalThis as { readonly process?: { readonly env?: Readonly<Record<string, string>> } }
  try {
    return process?.env?.[name] || undefined
  } catch {
    // Deno asks for a permission.
    return undefined
  }
}
