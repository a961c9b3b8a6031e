/** What a provider is told beside the key. */
export interface ProviderContext {
  /**
   * 32 bytes that stand for the codec's namespace. A service that can bind data to a wrapped key gets them: AWS KMS as
   * EncryptionContext, Google Cloud KMS as additionalAuthenticatedData. They are the same when the key is unwrapped.
   */
  readonly binding: Uint8Array
  /** Ends the call when it fires. */
  readonly signal: AbortSignal | undefined
}

/**
 * Wraps keys in a service that keeps the wrapping key to itself: a KMS, an HSM, a vault. Total.
 *
 * - What it throws is UNAVAILABLE and retryable, with its error as the unprinted cause; a `ResultError` passes as it is, such as
 *   ACCESS_DENIED. Its messages may be printed: they name no keys and no credentials.
 * - `unwrap` gives `undefined` for what is damaged, or was wrapped by another key. An outage is never `undefined`.
 * - The same key is wrapped at most once; wrapped keys are stored in clear, so they have to be useless without the service.
 */
export interface KeyProvider {
  /** Names the wrapping key, with its version where the service has them: printed, never secret. Another id is another key. */
  readonly id: string
  /** What slots say: 2 AWS KMS, 3 Google Cloud KMS, 4 Azure Key Vault, 128 to 255 anything else. */
  readonly slotType: number
  /** The wrapped form of 32 bytes: at most 8,000 bytes, stored with each object. */
  wrap(dataKey: Uint8Array, context: ProviderContext): Promise<Uint8Array>
  /** The 32 bytes. */
  unwrap(wrapped: Uint8Array, context: ProviderContext): Promise<Uint8Array | undefined>
}
