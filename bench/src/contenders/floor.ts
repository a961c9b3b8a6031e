import { hash } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writevSync,
} from 'node:fs'
import { type Contender, holdsBytes, type Store } from './contender.ts'

const DIGEST_BYTES = 64
const QUIET = { throwIfNoEntry: false } as const

/** The least that an atomic write and a verified read can cost in Node: synchronous calls, bytes and digest in one file. */
export const floor: Contender = {
  name: 'sync floor + sha256',
  kind: 'floor',
  promises: 'atomic, verified',
  open(directory): Store {
    let serial = 0
    return {
      async write(key, bytes) {
        serial += 1
        const temporary = `${directory}/.${serial}-${key}.tmp`
        const fd = openSync(temporary, 'wx')
        writevSync(fd, [bytes, Buffer.from(hash('sha256', bytes, 'hex'), 'latin1')])
        closeSync(fd)
        renameSync(temporary, `${directory}/${key}`)
      },
      read: async (key) => readVerified(`${directory}/${key}`),
      exists: async (key) => statSync(`${directory}/${key}`, QUIET) !== undefined,
      remove: async (key) => rmSync(`${directory}/${key}`),
      list: async () => readdirSync(directory).filter((name) => lstatSync(`${directory}/${name}`).isFile()).length,
      holds: holdsBytes,
    }
  },
}

function readVerified(path: string): Uint8Array {
  const fd = openSync(path, 'r')
  const bytes = Buffer.allocUnsafeSlow(fstatSync(fd).size)
  readSync(fd, bytes, 0, bytes.byteLength, 0)
  closeSync(fd)
  const payload = bytes.subarray(0, bytes.byteLength - DIGEST_BYTES)
  if (hash('sha256', payload, 'hex') !== bytes.toString('latin1', payload.byteLength))
    throw new Error('The digest differs.')
  return payload
}
