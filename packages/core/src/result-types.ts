import type { ItemSource } from './items.ts'
import type { ParametersOf } from './location.ts'
import type { ResultMode, Seal } from './options.ts'
import type { ResultReference } from './reference.ts'
import type { StandardSchemaV1 } from './validator.ts'

declare const valueType: unique symbol

/** A reference that reveals nothing; it starts with `sealed:`. */
export type SealedReference<T = unknown> = string & { readonly [valueType]?: T }

/** What a Result with this mode gives back: a value, or a stream of items. */
export type ValueOf<T, M extends ResultMode> = M extends 'stream' ? AsyncIterable<T> : T
/** What a Result with this mode takes. */
export type InputOf<T, M extends ResultMode> = M extends 'stream' ? ItemSource<T> : T
/** What `write` returns. */
export type ReferenceOf<V, S extends Seal> = S extends undefined | false ? ResultReference<V> : SealedReference<V>

/** Where a result lies: the location's parameters, a reference (sealed or not), or a storage key. */
export type At<L> = ParametersOf<L> | ResultReference | string

/** A validator beside the Result's own; the schema may be of anything. */
export type ExtraValidator<T> = StandardSchemaV1 | ((value: T) => boolean | Promise<boolean>)
/** An operation's place and options; the place may be left out where the location has no parameters. */
export type Arguments<L, A, O> =
  Record<never, never> extends ParametersOf<L> ? [at?: A, options?: O] : [at: A, options?: O]
