/** Writes the table of docs/guides/serializers.md from a run: what each serializer does with each kind of value. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { deserialize, serialize } from 'node:v8'
import { AWKWARD_VALUES } from '../packages/contract/src/serializer/awkward-values.ts'
import { firstDifference } from '../packages/contract/src/serializer/same-value.ts'
import { concatBytes, isResultError, json, jsonTypes, type ValueSerializer } from '../packages/core/src/index.ts'
import { cbor } from '../packages/serializer/cbor/src/index.ts'
import { msgpack } from '../packages/serializer/msgpack/src/index.ts'
import { pickle } from '../packages/serializer/pickle/src/index.ts'
import { ROOT } from './packages.ts'

const GUIDE = join(ROOT, 'docs/guides/serializers.md')
const START = '<!-- table: written by scripts/serializers-guide.ts -->'
const END = '<!-- end of table -->'

const TWO_VIEWS = 'two views of one ArrayBuffer'

function twoViews(): readonly Uint8Array[] {
  const { buffer } = new Float64Array(8)
  return [new Uint8Array(buffer, 0, 8), new Uint8Array(buffer, 4, 16)]
}

/** What comparing values does not show: a write through one view is seen through the other. */
function share(views: unknown): boolean {
  const [first, second] = views as readonly Uint8Array[]
  if (first === undefined || second === undefined) return false
  first[4] = 77
  return second[0] === 77
}

const MORE: Readonly<Record<string, () => unknown>> = {
  'a Buffer': () => Buffer.from('bytes'),
  'a Float16Array': () => Float16Array.of(1.5),
  [TWO_VIEWS]: twoViews,
  'a resizable ArrayBuffer': () => new ArrayBuffer(4, { maxByteLength: 16 }),
  'a SharedArrayBuffer': () => new SharedArrayBuffer(4),
  'a URLSearchParams': () => new URLSearchParams('a=1&b=2'),
  'a DOMException': () => new DOMException('message', 'AbortError'),
  'a Blob': () => new Blob(['text']),
  'a Headers': () => new Headers({ a: '1' }),
  'an iterator': () => [1, 2][Symbol.iterator](),
}

/** Something that turns a value into bytes and back. */
export interface Contender {
  readonly name: string
  /** Gives the value back, or throws. */
  roundTrip(value: unknown): unknown
}

function ours(name: string, serializer: ValueSerializer): Contender {
  return {
    name,
    async roundTrip(value) {
      const bytes = await serializer.serialize(value)
      return serializer.deserialize(concatBytes(bytes instanceof Uint8Array ? [bytes] : bytes).slice())
    },
  }
}

const CONTENDERS: readonly Contender[] = [
  { name: '`JSON.stringify`', roundTrip: (value) => JSON.parse(JSON.stringify(value)) },
  { name: '`v8.serialize`', roundTrip: (value) => deserialize(serialize(value)) },
  ours('`json()`', json()),
  ours('`json({ types })`', json({ types: Object.values(jsonTypes) })),
  ours('`msgpack()`', msgpack()),
  ours('`cbor()`', cbor()),
  ours('`pickle()`', pickle()),
]

async function outcome({ roundTrip }: Contender, name: string, build: () => unknown): Promise<string> {
  try {
    const back = await roundTrip(build())
    const same = firstDifference(back, build()) === undefined && (name !== TWO_VIEWS || share(back))
    return same ? 'exact' : '**changed**'
  } catch (error) {
    return isResultError(error) && error.code === 'SERIALIZE' ? 'refused' : 'throws'
  }
}

/** The table, as Markdown. */
export async function table(): Promise<string> {
  const kinds = Object.entries({ ...AWKWARD_VALUES, ...MORE })
  const rows = await Promise.all(
    kinds.map(async ([name, build]) => [
      name,
      ...(await Promise.all(CONTENDERS.map((contender) => outcome(contender, name, build)))),
    ]),
  )
  const count = (column: number, cell: string): number => rows.filter((row) => row[column + 1] === cell).length
  const sums = ['exact', '**changed**'].map((cell) => [
    `_${cell.replaceAll('*', '')}, of ${kinds.length}_`,
    ...CONTENDERS.map((_, column) => `${count(column, cell)}`),
  ])
  const head = ['', ...CONTENDERS.map(({ name }) => name)]
  return [head, head.map(() => '---'), ...rows, ...sums].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** The guide with its table replaced. */
export async function renderGuide(): Promise<{ readonly current: string; readonly rendered: string }> {
  const current = readFileSync(GUIDE, 'utf8')
  const start = current.indexOf(START) + START.length
  const rendered = `${current.slice(0, start)}\n${await table()}\n${current.slice(current.indexOf(END))}`
  return { current, rendered }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(GUIDE, (await renderGuide()).rendered)
  console.log('docs/guides/serializers.md: the table is up to date')
}
