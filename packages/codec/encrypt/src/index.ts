export { type EncryptOptions, encrypt } from './encrypt.ts'
export { type ExportProtection, exportKey, type ImportProtection, importKey } from './export-key.ts'
export type { EncryptionKey, KeyKind } from './key.ts'
export { generateKeyPair, type KeyPair, sealingKey, unsealingKey } from './key-pair.ts'
export { type PassphraseCost, type PassphraseKeyOptions, passphraseKey } from './key-passphrase.ts'
export { type ProviderKeyOptions, providerKey } from './key-provider.ts'
export { envelopeKey, localKey } from './key-root.ts'
export { type KeyLike, type Keyring, type KeyringOptions, type KeyState, keyring } from './keyring.ts'
export { generateKey, keyId } from './paserk.ts'
export type { PayloadKeyContext, PayloadKeys, ReadingKey, WritingKey } from './payload-keys.ts'
export type { KeyProvider, ProviderContext } from './provider.ts'
export type { ProviderCacheOptions } from './provider-cache.ts'
export {
  type RewrapCounts,
  type RewrapOptions,
  type RewrapOutcome,
  type RewrapProgress,
  type RewrapReport,
  rewrap,
} from './rewrap.ts'
export { openReference, type ReferenceContext, sealReference } from './seal-reference.ts'
export type { EncryptionSuite } from './suite.ts'
