import type { ValueSerializer } from '../serializer.ts'
import { encodeUtf8 } from '../utf8.ts'
import { type JsonOptions, jsonFormat } from './json-format.ts'

/**
 * Plain JSON that reads back as exactly the value that was written. What JSON would change or drop is refused with
 * SERIALIZE, naming every place and type and never a value: NaN, infinities, -0, undefined, functions, symbols,
 * bigints, instances of classes (Date, Map, Buffer, ...), objects without a prototype, holes, extra properties of
 * arrays, symbol keys, accessors (which are never run), non-enumerable properties, `toJSON` functions, cycles, the
 * same object twice, and nesting of some thousands of levels.
 *
 * `types` adds types, `lossy` allows losses by name. A property's being read-only, and whether an object is frozen,
 * is not kept. In arrays longer than 100,000 items, extra properties that are not enumerable go unnoticed.
 *
 * Reading throws DESERIALIZE for what is not JSON in UTF-8, begins with a byte order mark, is empty, or needs a hook
 * that is not there; of duplicate names the last one counts. Unknown options are CONFIG.
 */
export function json(options: JsonOptions = {}): ValueSerializer {
  const format = jsonFormat('json', options)
  return {
    kind: 'value',
    name: 'json',
    contentType: 'application/json',
    extension: 'json',
    options: format.options,
    serialize: (value) => encodeUtf8(format.stringify(value, [])),
    deserialize: (bytes) => format.parse(bytes, 'json'),
  }
}
