import type { Contender } from '../contenders/contender.ts'
import { raw } from '../contenders/index.ts'
import type { Samples } from '../harness.ts'
import { ratios, type Summary, summarise } from '../statistics.ts'
import { formatNumber, formatTable } from '../table.ts'

/** What one contender took for one operation. */
export interface Row {
  readonly contender: string
  readonly operation: string
  /** Of all rounds, in the unit of the samples. */
  readonly time: Summary
  /** Relative to the raw calls of the same round; of `find`, to the raw read. */
  readonly toRaw: Summary
}

/** One row per contender and operation. */
export function rowsOf(samples: Samples, operations: readonly string[]): readonly Row[] {
  return samples.names.flatMap((contender) =>
    operations
      .filter((operation) => samples.of(contender, operation).length > 0)
      .map((operation) => {
        const own = samples.of(contender, operation)
        const base = samples.of(raw.name, operation === 'find' ? 'read' : operation)
        return { contender, operation, time: summarise(own), toRaw: ratios(own, base) }
      }),
  )
}

/** Contenders down, operations across: median, quartiles, ratio to raw. */
export function formatRows(
  title: string,
  contenders: readonly Contender[],
  rows: readonly Row[],
  operations: readonly string[],
): string {
  const head = [title, 'promises', ...operations.flatMap((operation) => [operation, 'quartiles', 'x raw'])]
  const body = contenders.map(({ name, promises }) => [
    name,
    promises,
    ...operations.flatMap((operation) =>
      formatRow(rows.find((row) => row.contender === name && row.operation === operation)),
    ),
  ])
  return formatTable(head, body)
}

function formatRow(row: Row | undefined): readonly string[] {
  if (row === undefined) return ['', '', '']
  const { time, toRaw } = row
  return [formatNumber(time.median), `${formatNumber(time.low)}-${formatNumber(time.high)}`, toRaw.median.toFixed(2)]
}
