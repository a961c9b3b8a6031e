import { type Codec, ResultError } from '@resultkit/core'
import { decodeRange, decodeStream, decodeWhole } from './decode.ts'
import { encodeStream, encodeWhole } from './encode.ts'
import { loadEngine } from './engine-load.ts'
import { pinOfEnvelope } from './envelope.ts'
import { checkOptions } from './options.ts'
import type { PayloadKeys } from './payload-keys.ts'
import { type PayloadSettings, registerSettings } from './payload-settings.ts'
import { type EncryptionSuite, SUITES } from './suite.ts'

/** How payloads are encrypted. */
export interface EncryptOptions {
  /** Where the keys come from: the value of `keyring()`. */
  readonly keyring: PayloadKeys
  /** For writing; both can be read. @default 'chacha20-poly1305' */
  readonly suite?: EncryptionSuite | undefined
  /**
   * Hides the exact length of what is written: Padme rounds it up, by 12 % at most. Both can be read. @default false
   */
  readonly pad?: boolean | undefined
  /** Separates what shares a keyring: a payload of one namespace cannot be read in another. @default '' */
  readonly namespace?: string | undefined
}

/**
 * The codec `encrypt`: payloads in the envelope RSE1 of `docs/spec/encryption-v1.md`, which is chunked encryption of C2SP
 * (https://c2sp.org/chunked-encryption) behind the slots of the keyring. Streams take constant memory, and a range reads
 * the chunks that it needs; behind a compression a range decodes from the start.
 *
 * A payload is bound to namespace, key and record header. Whatever is wrong with it, its key or its place is DECRYPT,
 * which does not tell what it was. CONFIG for wrong options, UNSUPPORTED at the first write with `aes-256-gcm` where there
 * is no `node:crypto`.
 */
export function encrypt(options: EncryptOptions): Codec {
  return payloadCodec(parseOptions(options))
}

/** The codec of settings that were checked. */
export function payloadCodec(settings: PayloadSettings): Codec {
  const codec: Codec = {
    name: 'encrypt',
    kind: 'encryption',
    minBytes: 0,
    encode: (bytes, context) => encodeWhole(settings, bytes, context),
    decode: (bytes, context) => decodeWhole(settings, bytes, context),
    encodeStream: (bytes, context) => encodeStream(settings, bytes, context),
    decodeStream: (bytes, context) => decodeStream(settings, bytes, context),
    range: { decodeRange: (source, range, context) => decodeRange(settings, source, range, context) },
    pin: pinOfEnvelope,
  }
  registerSettings(codec, settings)
  return codec
}

function parseOptions(options: EncryptOptions): PayloadSettings {
  checkOptions(options, 'encrypt', ['keyring', 'suite', 'pad', 'namespace'])
  const { keyring, suite = 'chacha20-poly1305', pad = false, namespace = '' } = options
  if (typeof keyring?.keyForWriting !== 'function' || typeof keyring.keyForReading !== 'function') {
    throw config('encrypt needs keyring, the value of keyring({...}).')
  }
  if (!Object.hasOwn(SUITES, suite)) throw config(`encrypt: suite is one of ${Object.keys(SUITES).join(', ')}.`)
  if (typeof pad !== 'boolean') throw config('encrypt: pad is true or false.')
  if (typeof namespace !== 'string' || !namespace.isWellFormed()) {
    throw config('encrypt: namespace is a text, without lone surrogates, which UTF-8 cannot hold.')
  }
  return { keyring, suite: SUITES[suite], padded: pad, namespace, engine: loadEngine }
}

function config(message: string): ResultError {
  return new ResultError({ code: 'CONFIG', operation: 'configure', message })
}
