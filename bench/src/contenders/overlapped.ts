import { createHash, hash } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  openSync,
  read as readCallback,
  renameSync,
  write as writeCallback,
  writeSync,
} from 'node:fs'
import { promisify } from 'node:util'
import type { Contender } from './contender.ts'
import { floor } from './floor.ts'

const DIGEST_BYTES = 64
const STEP_BYTES = 256 * 1024

const read = promisify(readCallback)
const write = promisify(writeCallback)

/** As the synchronous floor, but hashing while the thread pool moves the bytes: the least for large values, with a second processor. */
export const overlapped: Contender = {
  name: 'overlapped floor',
  kind: 'floor',
  promises: 'atomic, verified',
  open(directory) {
    let serial = 0
    return {
      ...floor.open(directory),
      async write(key, bytes) {
        serial += 1
        const temporary = `${directory}/.${serial}-${key}.tmp`
        const fd = openSync(temporary, 'wx')
        const writing = write(fd, bytes)
        const digest = hash('sha256', bytes, 'hex')
        const { bytesWritten } = await writing
        if (bytesWritten !== bytes.byteLength) throw new Error('The disk is full.')
        writeSync(fd, digest, undefined, 'latin1')
        closeSync(fd)
        renameSync(temporary, `${directory}/${key}`)
      },
      read: (key) => readOverlapped(`${directory}/${key}`),
    }
  },
}

async function readOverlapped(path: string): Promise<Uint8Array> {
  const fd = openSync(path, 'r')
  const bytes = Buffer.allocUnsafeSlow(fstatSync(fd).size)
  const size = bytes.byteLength - DIGEST_BYTES
  const sum = createHash('sha256')
  const step = (from: number): Promise<unknown> =>
    read(fd, bytes, from, Math.min(STEP_BYTES, bytes.byteLength - from), from)
  let reading = step(0)
  for (let at = 0; at < bytes.byteLength; at += STEP_BYTES) {
    await reading
    const next = at + STEP_BYTES
    if (next < bytes.byteLength) reading = step(next)
    sum.update(bytes.subarray(at, Math.min(next, size)))
  }
  closeSync(fd)
  if (sum.digest('hex') !== bytes.toString('latin1', size)) throw new Error('The digest differs.')
  return bytes.subarray(0, size)
}
