import { randomFillSync } from 'node:crypto'
import { type Cipher, openCiphers } from '../contenders/ciphers.ts'
import { type Peak, withPeak } from './peak.ts'

/** A long stream through one contender, both ways. */
export interface EncryptJob {
  readonly contender: string
  readonly bytes: number
}

/** Peaks, with the processor time that the work took. */
export interface EncryptPeaks {
  readonly encrypt: Peak & { readonly cpuMs: number }
  readonly decrypt: Peak & { readonly cpuMs: number }
}

/** A multiple of what everyone's chunks have, so that the raw contender need not hold anything back. */
const PIECE = 65_536
const SEALED_PIECE = 4 * (16_384 + 16)
const POOL = 4 * 1024 * 1024

const { contender, bytes } = JSON.parse(process.argv[2] ?? '{}') as EncryptJob
const cipher = (await openCiphers()).find(({ name }) => name === contender) as Cipher
const pool = randomFillSync(new Uint8Array(POOL))
await (cipher.stream ? streamed(cipher.stream, 16 * 1024 * 1024) : whole(16 * 1024 * 1024))
console.log(JSON.stringify(await (cipher.stream ? streamed(cipher.stream, bytes) : whole(bytes))))

async function streamed({ encrypt, decrypt }: NonNullable<Cipher['stream']>, size: number): Promise<EncryptPeaks> {
  const timedEncrypt = await timed(async () => {
    let given = 0
    for await (const piece of encrypt(source(size))) given += piece.byteLength
    if (given < size) throw new Error(`${given} bytes instead of ${size}.`)
  })
  // The same again untimed, because what is kept would count as memory.
  const sealed: Uint8Array[] = []
  for await (const piece of encrypt(source(size))) sealed.push(piece)
  const stored = Buffer.concat(sealed)
  sealed.length = 0
  const timedDecrypt = await timed(async () => {
    let given = 0
    for await (const piece of decrypt(piecesOf(stored))) given += piece.byteLength
    if (given !== size) throw new Error(`${given} bytes instead of ${size}.`)
  })
  return { encrypt: timedEncrypt, decrypt: timedDecrypt }
}

async function whole(size: number): Promise<EncryptPeaks> {
  const message = new Uint8Array(size)
  for (let at = 0; at < size; at += POOL) message.set(pool.subarray(0, Math.min(POOL, size - at)), at)
  let sealed: Uint8Array = new Uint8Array()
  const timedEncrypt = await timed(async () => {
    sealed = await cipher.encrypt(message)
  })
  const timedDecrypt = await timed(async () => {
    if ((await cipher.decrypt(sealed)).byteLength !== size) throw new Error('It did not come back.')
  })
  return { encrypt: timedEncrypt, decrypt: timedDecrypt }
}

async function timed(work: () => Promise<void>): Promise<EncryptPeaks['encrypt']> {
  let cpuMs = 0
  const peak = await withPeak(async () => {
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    cpuMs = (user + system) / 1000
  })
  return { ...peak, cpuMs }
}

async function* source(size: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < size; at += PIECE) {
    const from = at % POOL
    yield pool.subarray(from, from + Math.min(PIECE, size - at))
  }
}

async function* piecesOf(stored: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < stored.byteLength; at += SEALED_PIECE) yield stored.subarray(at, at + SEALED_PIECE)
}
