import type { Disk } from './disk.ts'
import { type Call, checkSignal, failure } from './failure.ts'

/** How much is written or read between two looks at the signal. */
const STEP_BYTES = 8 * 1024 * 1024

/** Memory of its own, not zeroed: the caller fills all of it. */
export function allocate(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer, 0, size)
}

/** Writes all of `bytes` at the file's position. */
export async function writeAll(disk: Disk, fd: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength; ) at += await disk.write(fd, bytes, at)
}

/** Writes parts one after the other, several with one call. */
export async function writeParts(call: Call, disk: Disk, fd: number, parts: readonly Uint8Array[]): Promise<void> {
  for (const batch of batches(parts)) {
    checkSignal(call)
    const [first] = batch
    if (first !== undefined && batch.length === 1) await writeAll(disk, fd, first)
    else await writeBatch(disk, fd, batch)
  }
}

/** Fills `into` from `position` on. CORRUPT when the file ends before. */
export async function readFully(call: Call, disk: Disk, fd: number, into: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < into.byteLength; ) {
    const wanted = Math.min(STEP_BYTES, into.byteLength - at)
    const count = await disk.read(fd, into, at, wanted, position + at)
    if (count === 0) {
      const what = 'the file became shorter while it was being read. Something other than resultkit writes to it'
      throw failure(call, 'CORRUPT', what)
    }
    at += count
    checkSignal(call)
  }
}

async function writeBatch(disk: Disk, fd: number, batch: readonly Uint8Array[]): Promise<void> {
  let written = await disk.writev(fd, batch)
  for (const part of batch) {
    const done = Math.min(written, part.byteLength)
    written -= done
    if (done < part.byteLength) await writeAll(disk, fd, part.subarray(done))
  }
}

const MAX_PARTS = 512

function* batches(parts: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let batch: Uint8Array[] = []
  let size = 0
  for (const part of parts) {
    for (let at = 0; at < part.byteLength; ) {
      const piece = part.subarray(at, at + STEP_BYTES - size)
      batch.push(piece)
      at += piece.byteLength
      size += piece.byteLength
      if (size < STEP_BYTES && batch.length < MAX_PARTS) continue
      yield batch
      batch = []
      size = 0
    }
  }
  if (batch.length > 0) yield batch
}
