import { concatBytes } from '../bytes.ts'
import { type ResultError, resultError } from '../errors.ts'
import type { StreamSerializer } from '../serializer.ts'
import { encodeUtf8 } from '../utf8.ts'
import { refused } from './failure.ts'
import { type JsonFormat, type JsonOptions, jsonFormat } from './json-format.ts'

/** Options of {@link ndjson}: those of json, and how long a line may be. */
export interface NdjsonOptions extends JsonOptions {
  /** The longest line that is read, in bytes without its line break. @default 67_108_864 (64 MiB) */
  readonly maxLineBytes?: number | undefined
}

const PIECE = 64 * 1024
const NEWLINE = 10
const RETURN = 13

/**
 * A stream of JSON values, one a line, each line ended by `\n` (https://github.com/ndjson/ndjson-spec). Each item is
 * kept exactly or refused as by `json()`, with a path that begins with its index; whether two items are the same
 * object is not looked at.
 *
 * Writing gathers lines into pieces of about 64 KiB. Reading holds one line and one chunk, and also takes `\r\n` and
 * a last line without a line break; it throws DESERIALIZE with the line's number for an empty or wrong line, and
 * TOO_LARGE for one of more than `maxLineBytes`. Unknown options are CONFIG.
 */
export function ndjson(options: NdjsonOptions = {}): StreamSerializer {
  const { maxLineBytes = 64 * 1024 * 1024 } = options
  const format = jsonFormat('ndjson', options, ['maxLineBytes'])
  if (!(maxLineBytes > 0)) {
    const message = 'ndjson: the option maxLineBytes must be a number of bytes above 0.'
    throw resultError('CONFIG', 'ndjson', message)
  }
  return {
    kind: 'stream',
    name: 'ndjson',
    contentType: 'application/x-ndjson',
    extension: 'ndjson',
    options: format.options,
    encode: (items) => encode(items, format),
    decode: (bytes) => decode(bytes, format, maxLineBytes),
  }
}

async function* encode(items: AsyncIterable<unknown>, format: JsonFormat): AsyncGenerator<Uint8Array, void, undefined> {
  let text = ''
  let index = 0
  for await (const item of items) {
    text += `${line(item, index, format)}\n`
    index += 1
    if (text.length < PIECE) continue
    yield encodeUtf8(text)
    text = ''
  }
  if (text !== '') yield encodeUtf8(text)
}

function line(item: unknown, index: number, format: JsonFormat): string {
  const text = format.stringify(item, [index])
  if (!text.includes('\n')) return text
  throw refused('ndjson: the JSON library wrote an item in more than one line.')
}

async function* decode(
  chunks: AsyncIterable<Uint8Array>,
  format: JsonFormat,
  maxLineBytes: number,
): AsyncGenerator<unknown, void, undefined> {
  let parts: Uint8Array[] = []
  let size = 0
  let number = 1
  const add = (part: Uint8Array): void => {
    size += part.byteLength
    if (size > maxLineBytes) throw tooLong(number, maxLineBytes)
    parts.push(part)
  }
  const take = (): unknown => {
    const bytes = concatBytes(parts)
    parts = []
    size = 0
    return parseLine(bytes, number++, format)
  }
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      add(chunk.subarray(start, end))
      start = end + 1
      yield take()
    }
    // A copy, so that neither the whole chunk is held nor a buffer that its owner fills again.
    if (start < chunk.byteLength) add(chunk.slice(start))
  }
  if (size > 0) yield take()
}

function parseLine(bytes: Uint8Array, number: number, format: JsonFormat): unknown {
  const text = bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes
  return format.parse(text, `ndjson: line ${number}`)
}

function tooLong(number: number, maxLineBytes: number): ResultError {
  const message = `ndjson: line ${number} has more than maxLineBytes (${maxLineBytes}) bytes. Raise it with ndjson({ maxLineBytes }).`
  return resultError('TOO_LARGE', 'deserialize', message)
}
