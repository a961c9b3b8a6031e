/** What a key belongs to, for providers whose caches are scoped by policy. Never sent anywhere in clear. */
export interface PayloadKeyContext {
  /** The codec's namespace. */
  readonly namespace: string
  /** The storage-relative key of the record. */
  readonly key: string
}

/** The key of a new object. */
export interface WritingKey {
  /** The slot block, stored in clear: how a reader gets `inputKey`. */
  readonly slots: Uint8Array
  /** 32 bytes, from which the object's own keys are derived. */
  readonly inputKey: Uint8Array
}

/** The key that a stored slot block leads to. */
export interface ReadingKey {
  /** 32 bytes. */
  readonly inputKey: Uint8Array
  /** Whether a new write would use another key. */
  readonly stale: boolean
}

/** What a keyring gives to the payload codec. Implemented by the value that `keyring()` returns. */
export interface PayloadKeys {
  /** For a new object: the slot block to store in clear, and the 32-byte input key. */
  keyForWriting(context: PayloadKeyContext, signal: AbortSignal | undefined): Promise<WritingKey>
  /**
   * The input key that a stored slot block leads to; `undefined` when no key of the ring opens it (unknown, disabled,
   * wrong). `stale` when it is not what a new write would use.
   */
  keyForReading(
    slots: Uint8Array,
    context: PayloadKeyContext,
    signal: AbortSignal | undefined,
  ): Promise<ReadingKey | undefined>
}
