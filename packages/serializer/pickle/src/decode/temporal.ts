import { decodeError, malformed } from '../failure.ts'
import { SECOND_UNITS, TEMPORAL_TYPES, type TemporalValue, temporalType } from '../temporal.ts'
import { type Decoding, missingType } from './decoding.ts'
import { readPlain } from './plain.ts'
import { readByte, readCount } from './reader.ts'
import { expectParsedText, expectText } from './scalars.ts'

const TYPES: ReadonlySet<string> = new Set(TEMPORAL_TYPES)
const WITH_UNITS = 2 + SECOND_UNITS.length

/** A Temporal object, where the runtime has them: its type, its text, of some Durations the units that the text has as one. */
export function readTemporal(decoding: Decoding): object {
  const count = readCount(decoding.reader, 0x80)
  const type = expectText(decoding)
  if (!TYPES.has(type)) throw malformed('an unknown Temporal type')
  if (count !== 2 && !(count === WITH_UNITS && type === 'Duration'))
    throw malformed('a Temporal object of the wrong size')
  const text = expectParsedText(decoding)
  const units = count === 2 ? undefined : readUnits(decoding)
  const found = temporalType(type)
  if (found === undefined) throw missingType(`Temporal.${type}`)
  try {
    const value: TemporalValue = found.from(text)
    return units === undefined ? value : value.with(units)
  } catch (error) {
    throw decodeError('UNSUPPORTED', `The pickle holds a Temporal.${type} that this runtime cannot read.`, error)
  }
}

function readUnits(decoding: Decoding): Readonly<Record<string, number>> {
  const units: Record<string, number> = {}
  for (const unit of SECOND_UNITS) {
    const value = readPlain(decoding, readByte(decoding.reader))
    if (typeof value !== 'number') throw malformed('a unit of time that is no number')
    units[unit] = value
  }
  return units
}
