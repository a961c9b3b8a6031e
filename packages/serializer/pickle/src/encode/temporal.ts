import { getter } from '../getter.ts'
import { TAG } from '../tags.ts'
import { SECOND_UNITS, type TemporalValue, temporalType } from '../temporal.ts'
import { writeHead, writeNumber, writeTag } from '../writer.ts'
import { type Encoding, refuse } from './encoding.ts'
import { writeExtras } from './properties.ts'
import { writeParsedText, writeString } from './strings.ts'

const FULL = { calendarName: 'auto' }

/** A Temporal object: its type and its text in full precision. */
export function writeTemporal(encoding: Encoding, value: object, type: string, print: TemporalValue['toString']): void {
  const { writer, strings } = encoding
  const text = print.call(value, FULL)
  const units = type === 'Duration' ? unbalancedUnits(value) : []
  if (HAVE_REFERENCE.has(type) && !isTextOf(text, value, type)) {
    refuse(encoding, `Temporal.${type} with a reference date of its own, which its text does not have`)
    return
  }
  writeExtras(encoding, value)
  writeTag(writer, TAG.temporal)
  writeHead(writer, 0x80, 2 + units.length)
  writeString(strings, writer, type)
  writeParsedText(strings, writer, text)
  for (const unit of units) writeNumber(writer, unit)
}

/** Types that have a date beside what they show. */
const HAVE_REFERENCE: ReadonlySet<string> = new Set(['PlainYearMonth', 'PlainMonthDay'])

function isTextOf(text: string, value: object, type: string): boolean {
  const parsed = temporalType(type)?.from(text)
  return parsed?.equals(value) === true
}

/** The units that the text of a Duration has as one number of seconds, where one of them is more than the text would give back. */
function unbalancedUnits(duration: object): readonly number[] {
  const prototype = temporalType('Duration')?.prototype as object
  const units = SECOND_UNITS.map((unit) => getter(prototype, unit).call(duration) as number)
  return units.slice(1).some((unit) => Math.abs(unit) > 999) ? units : []
}
