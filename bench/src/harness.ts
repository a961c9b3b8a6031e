/** What one contender does in a round. */
export interface Turn {
  readonly name: string
  /** One batch of operations; the figures of its phases by name, such as `{ write: 21.3 }` in microseconds each. */
  run(round: number): Promise<Figures>
}

export type Figures = Readonly<Record<string, number>>

/** The figures of all rounds, in the order of rounds: `of('raw', 'write')[0]` is the first round's. */
export interface Samples {
  readonly names: readonly string[]
  of(name: string, phase: string): readonly number[]
}

export interface Rounds {
  readonly rounds: number
  /** Rounds before the first that counts. @default 1 */
  readonly warmUps?: number
}

/**
 * Gives every contender one turn per round, so that what the machine does meanwhile meets all of them. Each round starts
 * with the next contender. Garbage is collected before a turn, so that nobody pays for the one before.
 */
export async function interleave(turns: readonly Turn[], { rounds, warmUps = 1 }: Rounds): Promise<Samples> {
  const samples = new Map<string, number[]>()
  for (let round = 0; round < rounds + warmUps; round++) {
    for (let index = 0; index < turns.length; index++) {
      const turn = turns[(index + round) % turns.length]
      if (turn === undefined) continue
      globalThis.gc?.()
      const figures = await turn.run(round)
      if (round >= warmUps) collect(samples, turn.name, figures)
    }
  }
  const of = (name: string, phase: string): readonly number[] => samples.get(`${name}\n${phase}`) ?? []
  return { names: turns.map(({ name }) => name), of }
}

function collect(samples: Map<string, number[]>, name: string, figures: Figures): void {
  for (const [phase, figure] of Object.entries(figures)) {
    const id = `${name}\n${phase}`
    const list = samples.get(id) ?? []
    list.push(figure)
    samples.set(id, list)
  }
}

/**
 * Microseconds per operation of `count` operations that so many callers make: each awaits one before its next. Garbage is
 * collected before, so that reading does not pay for what writing left.
 *
 * @param operation - is told its number and which caller makes it
 */
export async function timed(
  count: number,
  callers: number,
  operation: (index: number, caller: number) => Promise<unknown>,
): Promise<number> {
  const caller = async (number: number): Promise<void> => {
    for (let index = number; index < count; index += callers) await operation(index, number)
  }
  globalThis.gc?.()
  const start = performance.now()
  await (callers === 1 ? caller(0) : Promise.all(Array.from({ length: callers }, (_, number) => caller(number))))
  return ((performance.now() - start) * 1000) / count
}
