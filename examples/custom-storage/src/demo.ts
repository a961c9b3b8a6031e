import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { isResultError, ndjson, type } from '@resultkit/core'
import { sqliteResult } from './sqlite-storage.ts'

const { values } = parseArgs({ options: { file: { type: 'string', default: '.resultkit/demo.db' } } })
const { file } = values

interface Summary {
  readonly month: string
  readonly days: number
  readonly mean: number
}

/** A year of invented temperatures. */
function* measurements(): Generator<{ day: number; celsius: number }> {
  for (let day = 0; day < 365; day++)
    yield { day, celsius: Math.floor(100 - 120 * Math.cos((day / 365) * 2 * Math.PI)) / 10 }
}

async function main(): Promise<void> {
  mkdirSync(path.dirname(file), { recursive: true })
  const days = sqliteResult({ file, location: 'weather/days', serializer: ndjson() })
  const summaries = sqliteResult({ file, location: 'weather/months/{month}', validators: [type<Summary>()] })

  const reference = await days.write(measurements())
  const months = new Map<number, number[]>()
  for await (const item of await days.read(reference)) {
    const { day, celsius } = item as { day: number; celsius: number }
    const month = Math.min(Math.floor(day / 30.42), 11)
    months.set(month, [...(months.get(month) ?? []), celsius])
  }
  for (const [index, celsius] of months) {
    const month = String(index + 1).padStart(2, '0')
    const mean = celsius.reduce((sum, value) => sum + value, 0) / celsius.length
    await summaries.write({ month, days: celsius.length, mean: Math.floor(mean * 10) / 10 }, { month })
  }

  const again = await summaries
    .write({ month: '01', days: 0, mean: 0 }, { month: '01' }, { ifAbsent: true })
    .catch(codeOf)
  const rows: string[][] = []
  for await (const { key, size, etag } of summaries.list('weather/')) {
    const kept = key.startsWith('weather/months/') ? `${(await summaries.read(key)).mean} °C` : '365 rows'
    rows.push([key, `${size} B`, etag?.slice(0, 8) ?? '', kept])
  }
  print(['key', 'size', 'etag', 'result'], rows)
  console.log(`\nWriting weather/months/01 again with ifAbsent: ${again}`)
  console.log(`\nNext, try:\n  sqlite3 ${file} 'SELECT key, size FROM object'`)
}

function codeOf(error: unknown): string {
  if (isResultError(error)) return error.code
  throw error
}

function print(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  for (const row of [head, widths.map((width) => '-'.repeat(width)), ...rows])
    console.log(
      `  ${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}`,
    )
}

await main()
