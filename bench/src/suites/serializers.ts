import { SERIALIZERS, type SerializerContender } from '../contenders/serializers.ts'
import { interleave, type Samples, type Turn } from '../harness.ts'
import { ratios, summarise } from '../statistics.ts'
import type { Suite } from '../suite.ts'
import { formatNumber, formatTable } from '../table.ts'
import type { Target } from '../targets.ts'
import { type Sample, sampleValues } from './serializer-values.ts'

const OPERATIONS = ['write', 'read'] as const
type Operation = (typeof OPERATIONS)[number]

/**
 * How many times JSON's time `json()` may take. The others are figures without targets: the bare libraries look at nothing, and
 * their own builds make functions out of text, which ours leave out.
 */
const LIMITS = { write: 1.6, read: 1.3 } as const

/** What checking values and bytes adds to the libraries that write and read them. */
export const serializersSuite: Suite = {
  name: 'serializers',
  legend:
    'A value to bytes and back, in memory. Microseconds each, and times JSON.stringify + UTF-8 (JSON.parse for reads) and times the library alone in the same mode, of the same round.',
  async run({ options, print }) {
    const rounds = options.quick ? 3 : 11
    const targets: Target[] = []
    const figures: unknown[] = []
    for (const sample of sampleValues(options.quick)) {
      const samples = await interleave(
        SERIALIZERS.map((contender) => turnOf(contender, sample)),
        { rounds, warmUps: 2 },
      )
      print(formatTable([sample.name, ...OPERATIONS.flatMap((name) => [name, 'x JSON', 'x base'])], rowsOf(samples)))
      targets.push(...targetsOf(samples, sample.name))
      figures.push(...figuresOf(samples, sample.name))
    }
    return { targets, figures }
  },
}

function turnOf({ name, write, read }: SerializerContender, { value, repeats }: Sample): Turn {
  const bytes = write(value).slice()
  return {
    name,
    async run() {
      return { write: timedOf(repeats, () => write(value)), read: timedOf(repeats, () => read(bytes)) }
    },
  }
}

/** Microseconds of one call. */
function timedOf(repeats: number, operation: () => unknown): number {
  const start = performance.now()
  for (let index = 0; index < repeats; index++) operation()
  return ((performance.now() - start) * 1000) / repeats
}

function rowsOf(samples: Samples): readonly (readonly string[])[] {
  return SERIALIZERS.map(({ name, base }) => [
    name,
    ...OPERATIONS.flatMap((operation) => {
      const own = samples.of(name, operation)
      const toJson = ratios(own, samples.of('JSON', operation)).median
      const toBase = base === undefined ? Number.NaN : ratios(own, samples.of(base, operation)).median
      return [`${formatNumber(summarise(own).median)} us`, `${formatNumber(toJson)} x`, formatNumber(toBase)]
    }),
  ])
}

function targetsOf(samples: Samples, value: string): readonly Target[] {
  return SERIALIZERS.flatMap(({ name, base }) =>
    base === 'JSON' ? OPERATIONS.map((operation) => targetOf(samples, value, name, base, operation)) : [],
  )
}

function targetOf(samples: Samples, value: string, name: string, base: string, operation: Operation): Target {
  return {
    what: `${value}, ${name}: ${operation}`,
    unit: `x ${base}`,
    measured: ratios(samples.of(name, operation), samples.of(base, operation)).median,
    limit: LIMITS[operation],
    bound: 'at most',
  }
}

function figuresOf(samples: Samples, value: string): readonly object[] {
  return SERIALIZERS.flatMap(({ name, base }) =>
    OPERATIONS.map((operation) => ({
      value,
      contender: name,
      operation,
      microseconds: summarise(samples.of(name, operation)),
      toJson: ratios(samples.of(name, operation), samples.of('JSON', operation)),
      toBase: base && ratios(samples.of(name, operation), samples.of(base, operation)),
    })),
  )
}
