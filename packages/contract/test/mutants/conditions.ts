import type { Key } from '@resultkit/core'
import { CALL, faulty, LIST, type Mutant } from './kit.ts'

export const conditionsMutants: Readonly<Record<string, Mutant>> = {
  'ifAbsent is ignored': {
    caughtBy: [
      'ifAbsent (bytes): creates, and leaves what exists',
      'ifAbsent (stream): creates, and leaves what exists',
    ],
    open: faulty((inner) => ({
      write: (key, body, options) => inner.write(key, body, { ...options, ifAbsent: false }),
    })),
  },
  'ifAbsent is ignored for streams': {
    caughtBy: [
      'ifAbsent (stream): creates, and leaves what exists',
      'ifAbsent (stream): of 20 concurrent writers one wins',
    ],
    open: faulty((inner) => ({
      write: (key, body, options) =>
        inner.write(key, body, { ...options, ifAbsent: options.ifAbsent && typeof body !== 'function' }),
    })),
  },
  'ifAbsent looks first and writes then': {
    caughtBy: [
      'ifAbsent (bytes): of 20 concurrent writers one wins',
      'ifAbsent (stream): of 20 concurrent writers one wins',
    ],
    open: faulty((inner) => ({
      write: async (key, body, options) => {
        if (!options.ifAbsent || !(await inner.stat(key, options)))
          return inner.write(key, body, { ...options, ifAbsent: false })
        return inner.write(key, body, options)
      },
    })),
  },
  'signals keep their listeners': {
    caughtBy: ['abort: operations that are over leave no listeners'],
    open: faulty((inner) => ({
      stat: (key, options) => {
        options.signal?.addEventListener('abort', () => {})
        return inner.stat(key, options)
      },
    })),
  },
  'ifMatch is ignored': {
    caughtBy: [
      'ifMatch (bytes): another etag is PRECONDITION_FAILED',
      'ifMatch (bytes): on an absent key is PRECONDITION_FAILED',
    ],
    open: faulty((inner) => ({
      write: (key, body, options) => inner.write(key, body, { ...options, ifMatch: undefined }),
    })),
  },
  'ifMatch is ignored when there is no object': {
    caughtBy: [
      'ifMatch (bytes): on an absent key is PRECONDITION_FAILED',
      'ifMatch (stream): on an absent key is PRECONDITION_FAILED',
    ],
    open: faulty((inner) => ({
      write: async (key, body, options) => {
        const ifMatch = (await inner.stat(key, options)) && options.ifMatch
        return inner.write(key, body, { ...options, ifMatch })
      },
    })),
  },
  'ifMatch looks first and writes then': {
    caughtBy: [
      'ifMatch (bytes): of 20 concurrent writers one wins',
      'ifMatch (stream): of 20 concurrent writers one wins',
    ],
    open: faulty((inner) => ({
      write: async (key, body, options) => {
        const found = options.ifMatch === undefined ? undefined : await inner.stat(key, options)
        const ifMatch = found?.etag === options.ifMatch ? undefined : options.ifMatch
        return inner.write(key, body, { ...options, ifMatch })
      },
    })),
  },
  'delete ignores ifMatch': {
    caughtBy: [
      'delete: ifMatch removes the current version alone',
      'delete: of 20 concurrent conditional deletes one wins',
    ],
    open: faulty((inner) => ({
      delete: (key, options) => inner.delete(key, { ...options, ifMatch: undefined }),
    })),
  },
  'delete of an absent key throws': {
    caughtBy: [
      'absence: deleting an absent key succeeds',
      'flag nestedKeys: a key exists beside keys below it, or is refused, as the flag says',
    ],
    open: faulty((inner) => ({
      delete: async (key, options) => {
        if (!(await inner.stat(key, options))) throw new Error('ENOENT')
        return inner.delete(key, options)
      },
    })),
  },
  'delete does nothing': {
    caughtBy: ['presence: written, deleted and written again, each visible at once'],
    open: faulty((inner) => ({
      delete: async (key, options) => void (await inner.stat(key, options)),
    })),
  },
  'delete takes the keys below along': {
    caughtBy: [
      'flag nestedKeys: a key exists beside keys below it, or is refused, as the flag says',
      'nested keys: keys above, below and beside are absent',
    ],
    open: faulty((inner) => ({
      delete: async (key, options) => {
        await inner.delete(key, options)
        const below: Key[] = []
        for await (const row of inner.list(`${key}/`, LIST)) below.push(row.key as Key)
        for (const name of below) await inner.delete(name, { ...CALL, ifMatch: undefined })
      },
    })),
  },
  'read conditions are ignored': {
    caughtBy: ['read: ifMatch reads the named version alone', 'read: ifNoneMatch of the same version is NOT_MODIFIED'],
    open: faulty((inner) => ({
      read: (key, options) => inner.read(key, { ...options, ifMatch: undefined, ifNoneMatch: undefined }),
    })),
  },
  'every failure of read is "absent"': {
    caughtBy: ['abort: a signal that has fired is ABORTED without any effect', 'errors: TOO_LARGE has key and storage'],
    open: faulty((inner) => ({
      read: (key, options) => inner.read(key, options).catch(() => undefined),
    })),
  },
  'every failure of stat is "absent"': {
    caughtBy: ['abort: a signal that has fired is ABORTED without any effect'],
    open: faulty((inner) => ({
      stat: (key, options) => inner.stat(key, options).catch(() => undefined),
    })),
  },
  'every failure of delete is swallowed': {
    caughtBy: [
      'delete: ifMatch removes the current version alone',
      'delete: of 20 concurrent conditional deletes one wins',
    ],
    open: faulty((inner) => ({
      delete: (key, options) => inner.delete(key, options).catch(() => {}),
    })),
  },
}
