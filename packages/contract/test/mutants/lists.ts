import { type Key, type ObjectEntry, ResultError } from '@resultkit/core'
import { faulty, LIST, listingOf, type Mutant } from './kit.ts'

export const listsMutants: Readonly<Record<string, Mutant>> = {
  'a failure of list is its end': {
    caughtBy: ['abort: a signal that has fired is ABORTED without any effect', 'abort: during a listing'],
    open: faulty((inner) => ({
      async *list(prefix, options) {
        try {
          yield* inner.list(prefix, options)
        } catch {}
      },
    })),
  },
  'list stops after 1,000 keys': {
    caughtBy: ['abort: during a listing', 'list: more than 1,000 keys are complete'],
    open: listingOf((rows) => rows.slice(0, 1000)),
  },
  'list skips a key at a page border': {
    caughtBy: ['abort: during a listing', 'list: more than 1,000 keys are complete'],
    open: listingOf((rows) => rows.filter((_, index) => index !== 1000)),
  },
  'list repeats a key at a page border': {
    caughtBy: ['abort: during a listing', 'list: more than 1,000 keys are complete'],
    open: listingOf((rows) => rows.flatMap((row, at) => (at === 999 ? [row, row] : [row]))),
  },
  'list is in order of UTF-16': {
    caughtBy: ['abort: during a listing', 'list: every key once, in the order of its UTF-8 bytes'],
    open: listingOf((rows) => [...rows].sort((a, b) => (a.key < b.key ? -1 : 1))),
  },
  'list is in order of directories': {
    caughtBy: ['abort: during a listing', 'list: every key once, in the order of its UTF-8 bytes'],
    open: listingOf((rows) =>
      [...rows].sort((a, b) => (a.key.replaceAll('/', '\0') < b.key.replaceAll('/', '\0') ? -1 : 1)),
    ),
  },
  'list is in order of a locale': {
    caughtBy: ['list: every key once, in the order of its UTF-8 bytes'],
    open: listingOf((rows) => [...rows].sort((a, b) => a.key.localeCompare(b.key, 'en'))),
  },
  'list matches whole directories alone': {
    caughtBy: ['list: a prefix is any text'],
    open: faulty((inner) => ({
      async *list(prefix, options) {
        for await (const row of inner.list(prefix, options))
          if (prefix === '' || prefix.endsWith('/') || row.key === prefix || row.key.startsWith(`${prefix}/`)) yield row
      },
    })),
  },
  'list leaves out empty objects': {
    caughtBy: ['presence: an object of 0 bytes is there'],
    open: listingOf((rows) => rows.filter((row) => row.size > 0)),
  },
  'startAfter is inclusive': {
    caughtBy: ['list: startAfter is exclusive, also when it is no key', 'list: more than 1,000 keys are complete'],
    open: faulty((inner) => ({
      async *list(prefix, { startAfter, signal }) {
        for await (const row of inner.list(prefix, { ...LIST, signal }))
          if (startAfter === undefined || row.key === startAfter) yield row
        if (startAfter !== undefined) yield* inner.list(prefix, { startAfter, signal })
      },
    })),
  },
  'startAfter is ignored': {
    caughtBy: ['list: startAfter is exclusive, also when it is no key', 'list: more than 1,000 keys are complete'],
    open: faulty((inner) => ({
      list: (prefix, options) => inner.list(prefix, { ...options, startAfter: undefined }),
    })),
  },
  'startAfter must be a key': {
    caughtBy: ['list: startAfter is exclusive, also when it is no key'],
    open: faulty((inner) => ({
      async *list(prefix, { startAfter, signal }) {
        let passed = startAfter === undefined
        for await (const row of inner.list(prefix, { ...LIST, signal })) {
          if (passed) yield row
          passed ||= row.key === startAfter
        }
      },
    })),
  },
  'a key that is deleted meanwhile breaks the listing off': {
    caughtBy: ['list: goes on while others delete'],
    open: faulty((inner) => ({
      async *list(prefix, options) {
        const rows: ObjectEntry[] = []
        for await (const row of inner.list(prefix, options)) rows.push(row)
        for (const row of rows) {
          const stat = await inner.stat(row.key as Key, options)
          if (stat === undefined)
            throw new ResultError({ code: 'NOT_FOUND', operation: 'list', message: 'It is gone.', storage: inner.uri })
          yield row
        }
      },
    })),
  },
  'list cannot be aborted midway': {
    caughtBy: ['abort: during a listing'],
    open: listingOf((rows) => rows),
  },
}
