import fs from 'node:fs'
import { faulty, listing, type Mutants, mapped, reading } from './kit.ts'

export const readsMutants: Mutants = {
  'a range starts one byte late': {
    caughtBy: [
      'ranges: first, middle, last, suffix and beyond the end, as bytes',
      'ranges: first, middle, last, suffix and beyond the end, as a stream',
    ],
    open: faulty((inner) => ({
      read: (key, options) => {
        const { range } = options
        if (range === undefined || range.start < 0 || range.start === range.end) return inner.read(key, options)
        return inner.read(key, { ...options, range: { ...range, start: range.start + 1 } })
      },
    })),
  },
  'a range ends one byte late': {
    caughtBy: [
      'ranges: first, middle, last, suffix and beyond the end, as bytes',
      'maxBytes: counts the bytes of the range',
    ],
    open: faulty((inner) => ({
      read: (key, options) => {
        const { range } = options
        if (range?.end === undefined) return inner.read(key, options)
        return inner.read(key, { ...options, range: { start: range.start, end: range.end + 1 } })
      },
    })),
  },
  'a suffix is one byte short': {
    caughtBy: [
      'ranges: first, middle, last, suffix and beyond the end, as bytes',
      'ranges: first, middle, last, suffix and beyond the end, as a stream',
    ],
    open: faulty((inner) => ({
      read: (key, options) => {
        const { range } = options
        if (range === undefined || range.start >= -1) return inner.read(key, options)
        return inner.read(key, { ...options, range: { start: range.start + 1 } })
      },
    })),
  },
  'a stream ends without its last piece': {
    caughtBy: ['round trip: a large stream of unknown length', 'streams: the pieces are the object'],
    open: reading((object) => ({
      async *stream() {
        let held: Uint8Array | undefined
        for await (const piece of object.stream()) {
          if (held) yield held
          held = piece
        }
      },
    })),
  },
  'a stream that is left early keeps its file open': {
    caughtBy: ['local: a stream that is left early closes its file'],
    open: faulty((_, directory) => ({
      read: async (key) => {
        const fd = fs.openSync(`${directory}/${key}`, 'r')
        const size = fs.fstatSync(fd).size
        const stat = { key, size, lastModified: undefined, etag: 'x', writeId: undefined }
        async function* stream(): AsyncGenerator<Uint8Array> {
          for (let at = 0; at < size; ) {
            const piece = new Uint8Array(Math.min(65_536, size - at))
            at += fs.readSync(fd, piece, 0, piece.byteLength, at)
            yield piece
          }
          fs.closeSync(fd)
        }
        return { stat, stream, bytes: async () => fs.readFileSync(fd) }
      },
    })),
  },
  'a listing stops after 1,000': {
    caughtBy: ['list: more than 1,000 keys are complete'],
    open: listing((rows) => rows.slice(0, 1000)),
  },
  'a listing loses its last key': {
    caughtBy: ['list: every key once, in the order of its UTF-8 bytes', 'list: a prefix is any text', 'list: sizes'],
    open: listing((rows) => rows.slice(0, -1)),
  },
  'a listing is in the order of the walk': {
    caughtBy: ['list: every key once, in the order of its UTF-8 bytes'],
    open: listing((rows) => rows.toSorted((a, b) => (a.key.split('/') < b.key.split('/') ? -1 : 1))),
  },
  'a listing does not go into directories': {
    caughtBy: ['list: every key once, in the order of its UTF-8 bytes', 'list: more than 1,000 keys are complete'],
    open: listing((rows) => rows.filter(({ key }) => !key.includes('/'))),
  },
  'a colon becomes a directory': {
    caughtBy: ['keys: separators: colon, slash, backslash and look-alikes'],
    open: mapped((key) => key.replaceAll(/:(?=.)/g, '/')),
  },
  'a backslash becomes a directory': {
    caughtBy: ['keys: separators: colon, slash, backslash and look-alikes'],
    open: mapped((key) => key.replaceAll('\\', '/')),
  },
  'names are lower case': {
    caughtBy: [
      'keys: those that differ in case only are different',
      'list: every key once, in the order of its UTF-8 bytes',
    ],
    open: mapped((key) => key.toLowerCase()),
  },
  'a percent sign is not escaped': {
    caughtBy: ['keys: separators: colon, slash, backslash and look-alikes'],
    // `x:y` is stored as `x%3Ay`, which is what becomes of `x%3Ay` then.
    open: mapped((key) => key.replaceAll('%3A', ':').replaceAll('%5C', '\\')),
  },
  'names are normalised': {
    caughtBy: ['keys: unicode, NFC and NFD forms being different'],
    open: mapped((key) => key.normalize('NFC')),
  },
  'long names are cut off': {
    caughtBy: ['keys: long segments, long keys, deep keys'],
    open: mapped((key) =>
      key
        .split('/')
        .map((segment) => segment.slice(0, 255))
        .join('/'),
    ),
  },
}
