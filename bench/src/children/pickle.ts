import { JSON_TEXT, onePiece, PEERS, PICKLE, PICKLE_VIEWS, V8 } from '../contenders/pickles.ts'
import { withPeak } from './peak.ts'

/** One large value, in a process of its own. */
export interface PickleJob {
  readonly contender: string
  readonly operation: 'encode' | 'decode'
  /** A Float64Array or a Buffer of so many bytes. */
  readonly value: 'floats' | 'buffer'
  readonly bytes: number
}

const job = JSON.parse(process.argv[2] ?? '{}') as PickleJob
const contender = [PICKLE, PICKLE_VIEWS, JSON_TEXT, V8, ...PEERS].find(({ name }) => name === job.contender) ?? PICKLE
// What is loaded and compiled at first use is not what is measured.
contender.decode(onePiece(contender.encode({ warm: Float64Array.of(1), up: [1, 'two'] })))

const floats = new Float64Array(job.bytes / 8).fill(1.5)
const value = job.value === 'floats' ? floats : Buffer.from(floats.buffer)
const encoded = job.operation === 'decode' ? onePiece(contender.encode(value)) : undefined
let result: unknown
const peak = await withPeak(async () => {
  result = encoded === undefined ? contender.encode(value) : contender.decode(encoded)
})
if (result === undefined) throw new Error('There is no result.')
console.log(JSON.stringify(peak))
