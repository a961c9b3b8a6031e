import fs from 'node:fs'
import { ResultError } from '@resultkit/core'
import { faulty, fileOf, type Mutants, pause } from './kit.ts'

export const conditionsMutants: Mutants = {
  'ifAbsent is ignored': {
    caughtBy: [
      'ifAbsent (bytes): creates, and leaves what exists',
      'ifAbsent (stream): creates, and leaves what exists',
      'errors: ALREADY_EXISTS has key and storage, and prints neither',
    ],
    open: faulty((inner) => ({
      write: (key, body, options) => inner.write(key, body, { ...options, ifAbsent: false }),
    })),
  },
  'ifAbsent looks for the file first and renames over it then': {
    caughtBy: [
      'ifAbsent (bytes): of 20 concurrent writers one wins',
      'ifAbsent (stream): of 20 concurrent writers one wins',
    ],
    open: faulty((inner, directory) => ({
      write: async (key, body, options) => {
        if (!options.ifAbsent) return inner.write(key, body, options)
        const exists = fs.existsSync(fileOf(directory, key))
        await pause()
        if (!exists) return inner.write(key, body, { ...options, ifAbsent: false })
        const [code, operation, storage] = ['ALREADY_EXISTS', 'write', inner.uri] as const
        throw new ResultError({ code, operation, storage, key, message: 'There is an object already.' })
      },
    })),
  },
  'ifMatch is ignored': {
    caughtBy: [
      'ifMatch (bytes): another etag is PRECONDITION_FAILED',
      'ifMatch (stream): on an absent key is PRECONDITION_FAILED',
    ],
    open: faulty((inner) => ({
      write: (key, body, options) => inner.write(key, body, { ...options, ifMatch: undefined }),
    })),
  },
  'ifMatch compares without a lock': {
    caughtBy: [
      'ifMatch (bytes): of 20 concurrent writers one wins',
      'ifMatch (stream): of 20 concurrent writers one wins',
    ],
    open: faulty((inner) => ({
      write: async (key, body, options) => {
        const found = options.ifMatch === undefined ? undefined : await inner.stat(key, options)
        const matched = options.ifMatch !== undefined && found?.etag === options.ifMatch
        await pause()
        return inner.write(key, body, matched ? { ...options, ifMatch: undefined } : options)
      },
    })),
  },
  'ifMatch of delete is ignored': {
    caughtBy: ['delete: ifMatch removes the current version alone'],
    open: faulty((inner) => ({
      delete: (key, options) => inner.delete(key, { ...options, ifMatch: undefined }),
    })),
  },
  'conditions of read are ignored': {
    caughtBy: ['read: ifMatch reads the named version alone', 'read: ifNoneMatch of the same version is NOT_MODIFIED'],
    open: faulty((inner) => ({
      read: (key, options) => inner.read(key, { ...options, ifMatch: undefined, ifNoneMatch: undefined }),
    })),
  },
  'the etag is made of size and second': {
    caughtBy: ['etag: every rewrite with other bytes changes it, also fast ones of the same size'],
    open: faulty((inner) => {
      const coarse = (size: number, modified: Date | undefined): string =>
        `${size}-${Math.floor(Number(modified) / 1000)}`
      return {
        write: async (key, body, options) => {
          const stat = await inner.write(key, body, options)
          return { ...stat, etag: coarse(stat.size, stat.lastModified) }
        },
        stat: async (key, options) => {
          const stat = await inner.stat(key, options)
          return stat && { ...stat, etag: coarse(stat.size, stat.lastModified) }
        },
      }
    }),
  },
}
