import { createHash } from 'node:crypto'

export { say, serve } from './worker.ts'

/** The key that everybody writes and reads. */
export const AT = 'shared/story'

/** A value that shows whether it is whole, and all of it one writer's. */
export interface Story {
  readonly writer: number
  readonly round: number
  readonly pages: readonly string[]
  readonly digest: string
}

/** Sizes on both sides of what is read at once (128 KiB), and of what is read as a stream (256 KiB). */
const SIZES = [10, 5_000, 120_000, 300_000]

export function makeStory(writer: number, round: number): Story {
  const size = SIZES[(writer + round) % SIZES.length] ?? 0
  const pages = Array.from({ length: 10 }, (_, page) => `${writer}:${page};`.repeat(size / 50))
  return { writer, round, pages, digest: digestOf(writer, round, pages) }
}

/** The writer of a value; throws unless it is one that this writer wrote. */
export function checkStory(value: unknown): number {
  const { writer, round, pages, digest } = value as Story
  if (digest !== digestOf(writer, round, pages)) throw new Error('The value is torn or mixed.')
  return writer
}

/** The same as a stream of items. */
export function makeRows(writer: number, round: number): readonly unknown[] {
  const { pages, digest } = makeStory(writer, round)
  return [...pages.map((page, index) => ({ writer, round, index, page })), { writer, round, digest }]
}

export function checkRows(rows: readonly unknown[]): number {
  const all = rows as readonly { writer: number; round: number; page: string; digest: string }[]
  const last = all.at(-1)
  if (last === undefined) throw new Error('There are no rows.')
  const pages = all.slice(0, -1).map(({ page }) => page)
  if (all.some(({ writer, round }) => writer !== last.writer || round !== last.round))
    throw new Error('Rows are mixed.')
  return checkStory({ ...last, pages })
}

function digestOf(writer: number, round: number, pages: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([writer, round, pages]))
    .digest('hex')
}
