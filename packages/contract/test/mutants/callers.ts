import {
  bufferedParts,
  isResultError,
  memoryStorage,
  parseKey,
  type ResultErrorCode,
  type ResultStorage,
} from '@resultkit/core'
import { CALL, faulty, type Mutant } from './kit.ts'

export const callersMutants: Readonly<Record<string, Mutant>> = {
  'the signal is ignored': {
    caughtBy: [
      'abort: a signal that has fired is ABORTED without any effect',
      'abort: the reason is the cause, whatever it is',
    ],
    open: faulty((inner) => ({
      read: (key, options) => inner.read(key, { ...options, signal: undefined }),
      write: (key, body, options) => inner.write(key, body, { ...options, signal: undefined }),
      stat: (key) => inner.stat(key, CALL),
      delete: (key, options) => inner.delete(key, { ...options, signal: undefined }),
      list: (prefix, options) => inner.list(prefix, { ...options, signal: undefined }),
    })),
  },
  'the signal is looked at before a write alone': {
    caughtBy: [
      'abort: during the write of a stream, nothing is stored',
      'abort: during the write of a stream, the stream is let go',
    ],
    open: faulty((inner) => ({
      write: (key, body, options) => {
        const { signal } = options
        return inner.write(key, body, { ...options, signal: signal?.aborted ? signal : undefined })
      },
    })),
  },
  'an aborted write leaves its temporary': {
    caughtBy: ['abort: during the write of a stream, nothing is stored'],
    open: leaving('ABORTED'),
  },
  'a refused ifAbsent leaves its temporary': {
    caughtBy: [
      'ifAbsent (bytes): creates, and leaves what exists',
      'ifAbsent (stream): creates, and leaves what exists',
    ],
    open: leaving('ALREADY_EXISTS'),
  },
  'a refused ifMatch leaves its temporary': {
    caughtBy: [
      'ifMatch (bytes): another etag is PRECONDITION_FAILED',
      'ifMatch (stream): another etag is PRECONDITION_FAILED',
    ],
    open: leaving('PRECONDITION_FAILED'),
  },
  'the array of the caller is kept': {
    caughtBy: ['ownership: an array belongs to the caller again when write has resolved'],
    open: () => keeping(),
  },
  'the input is overwritten': {
    caughtBy: ['ownership: write does not change its input'],
    open: faulty((inner) => ({
      write: async (key, body, options) => {
        const stat = await inner.write(key, body, options)
        for (const part of bufferedParts(body) ?? []) part.fill(0)
        return stat
      },
    })),
  },
  'errors lose the key': {
    caughtBy: ['read: ifMatch reads the named version alone', 'read: ifNoneMatch of the same version is NOT_MODIFIED'],
    open: faulty((inner) => ({
      read: (key, options) =>
        inner.read(key, options).catch((error: unknown) => Promise.reject(new Error(String(error)))),
    })),
  },
}

/** A write that fails with this code leaves an object that others see. */
function leaving(code: ResultErrorCode): () => ResultStorage {
  return faulty((inner) => ({
    write: async (key, body, options) => {
      try {
        return await inner.write(key, body, options)
      } catch (error) {
        const temporary = { ...options, ...CALL, ifAbsent: false, ifMatch: undefined, size: undefined }
        if (isResultError(error) && error.code === code)
          await inner.write(parseKey('tmp-1', 'write'), new Uint8Array(1), temporary)
        throw error
      }
    },
  }))
}

/** A memory storage that hands its own arrays out and keeps those it is given. */
function keeping(): ResultStorage {
  const inner = memoryStorage()
  const kept = new Map<string, Uint8Array>()
  return {
    ...inner,
    async write(key, body, options) {
      const stat = await inner.write(key, body, options)
      if (body instanceof Uint8Array) kept.set(key, body)
      else kept.delete(key)
      return stat
    },
    async read(key, options) {
      const object = await inner.read(key, options)
      const mine = kept.get(key)
      return object && mine && !options.range ? { ...object, bytes: async () => mine } : object
    },
  }
}
