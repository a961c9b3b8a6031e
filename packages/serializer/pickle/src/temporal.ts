/** The types of Temporal. */
export const TEMPORAL_TYPES = [
  'Instant',
  'ZonedDateTime',
  'PlainDate',
  'PlainTime',
  'PlainDateTime',
  'PlainYearMonth',
  'PlainMonthDay',
  'Duration',
] as const

/** What is used of a type of Temporal. */
export interface TemporalType {
  readonly prototype: TemporalValue
  readonly from: (text: string) => TemporalValue
}

/** What is used of an object of Temporal. */
export interface TemporalValue {
  toString(options?: object): string
  equals(other: object): boolean
  with(fields: object): TemporalValue
}

/** A type of Temporal, where the runtime has it. */
export function temporalType(type: string): TemporalType | undefined {
  const { Temporal } = globalThis as unknown as { readonly Temporal?: Readonly<Record<string, TemporalType>> }
  return Temporal?.[type]
}

/** The units of a Duration that its text has as one number. */
export const SECOND_UNITS = ['seconds', 'milliseconds', 'microseconds', 'nanoseconds'] as const
