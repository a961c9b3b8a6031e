import { faulty, type Mutants } from './kit.ts'

const OUTAGE = 'fails, and says nothing about the key being there'

export const failuresMutants: Mutants = {
  'what cannot be read is absent': {
    caughtBy: [`outage: read ${OUTAGE}`, 'errors: TOO_LARGE has key and storage'],
    open: faulty((inner) => ({
      read: (key, options) => inner.read(key, options).catch(() => undefined),
    })),
  },
  'what cannot be looked at is absent': {
    caughtBy: [`outage: stat ${OUTAGE}`, 'abort: a signal that has fired is ABORTED without any effect'],
    open: faulty((inner) => ({
      stat: (key, options) => inner.stat(key, options).catch(() => undefined),
    })),
  },
  'what cannot be deleted is deleted': {
    caughtBy: [`outage: delete ${OUTAGE}`, 'delete: ifMatch removes the current version alone'],
    open: faulty((inner) => ({
      delete: (key, options) => inner.delete(key, options).catch(() => {}),
    })),
  },
  'what cannot be listed is empty': {
    caughtBy: ['outage: list fails, and does not end as if it were empty', 'abort: during a listing'],
    open: faulty((inner) => ({
      async *list(prefix, options) {
        try {
          yield* inner.list(prefix, options)
        } catch {}
      },
    })),
  },
  'what cannot be written is written': {
    caughtBy: [`outage: write of bytes ${OUTAGE}`, `outage: write of a stream ${OUTAGE}`],
    open: faulty((inner) => ({
      write: (key, body, options) =>
        inner
          .write(key, body, options)
          .catch(() => ({ key, size: 0, lastModified: undefined, etag: 'none', writeId: undefined })),
    })),
  },
  'a failure is an error of the file system': {
    caughtBy: [`outage: write of bytes ${OUTAGE}`, `outage: read ${OUTAGE}`],
    open: faulty((inner) => ({
      write: (key, body, options) =>
        inner.write(key, body, options).catch((error: Error) => Promise.reject(error.cause ?? error)),
      read: (key, options) => inner.read(key, options).catch((error: Error) => Promise.reject(error.cause ?? error)),
    })),
  },
  'the signal of a write is dropped': {
    caughtBy: [
      'abort: a signal that has fired is ABORTED without any effect',
      'abort: during the write of a stream, nothing is stored',
    ],
    open: faulty((inner) => ({
      write: (key, body, options) => inner.write(key, body, { ...options, signal: undefined }),
    })),
  },
  'the signal of a read is dropped': {
    caughtBy: ['abort: a signal that has fired is ABORTED without any effect', 'abort: during a read'],
    open: faulty((inner) => ({
      read: (key, options) => inner.read(key, { ...options, signal: undefined }),
    })),
  },
  'the signal of a listing is dropped': {
    caughtBy: ['abort: a signal that has fired is ABORTED without any effect', 'abort: during a listing'],
    open: faulty((inner) => ({
      list: (prefix, options) => inner.list(prefix, { ...options, signal: undefined }),
    })),
  },
  'the signals of stat and delete are dropped': {
    caughtBy: ['abort: a signal that has fired is ABORTED without any effect'],
    open: faulty((inner) => ({
      stat: (key) => inner.stat(key, { signal: undefined }),
      delete: (key, options) => inner.delete(key, { ...options, signal: undefined }),
    })),
  },
}
