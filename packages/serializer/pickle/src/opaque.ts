/** What `onUnknownClass: 'opaque'` gives for an instance of a class that is not known: it encodes again as it was. */
export interface Opaque {
  /** The name of the class. */
  readonly name: string
  /** The version that wrote it. */
  readonly version: number
  /** The state as it was stored. */
  readonly state: unknown
}

/** The prototype that tells an {@link Opaque} from a plain object. */
export const OPAQUE: object = Object.freeze(
  Object.create(Object.prototype, { [Symbol.toStringTag]: { value: 'Opaque' } }),
)

/** Whether a value is an {@link Opaque}, an instance whose class was not known. */
export function isOpaque(value: unknown): value is Opaque {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === OPAQUE
}

/** An empty one, to be filled when its state is there. */
export function allocateOpaque(name: string, version: number): object {
  return Object.assign(Object.create(OPAQUE) as object, { name, version, state: undefined })
}

/** Gives it its state. */
export function fillOpaque(opaque: object, state: unknown): void {
  ;(opaque as { state: unknown }).state = state
}
