import type { ByteSource, ResultStorage } from '@resultkit/core'
import { pattern } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectBytes } from '../expectation.ts'
import { get, open, put, storageCase } from './use.ts'

const SIZES = [1, 5000, 70_000]

async function checkInput(storage: ResultStorage, body: (bytes: Uint8Array) => ByteSource): Promise<void> {
  for (const size of SIZES) {
    const mine = pattern(size)
    await put(storage, 'input', body(mine))
    mine.fill(0xee)
    const promised = 'changing the input after write has resolved does not change what is stored'
    expectBytes(promised, await get(storage, 'input'), pattern(size))
  }
}

async function checkUntouched(storage: ResultStorage): Promise<void> {
  for (const size of SIZES) {
    const mine = pattern(size)
    await put(storage, 'input', [mine.subarray(0, size >> 1), mine.subarray(size >> 1)])
    expectBytes('write leaves its input as it is', mine, pattern(size))
  }
}

async function checkOutput(storage: ResultStorage): Promise<void> {
  const bytes = pattern(70_000)
  const promised = 'changing what was read does not change what is stored'
  await put(storage, 'output', bytes)
  ;(await get(storage, 'output'))?.fill(0xee)
  expectBytes(promised, await get(storage, 'output'), bytes)
  for await (const piece of (await open(storage, 'output')).stream()) piece.fill(0xee)
  expectBytes(promised, await get(storage, 'output'), bytes)
}

async function checkPiecesStay(storage: ResultStorage): Promise<void> {
  const bytes = pattern(300_000)
  await put(storage, 'pieces', bytes)
  const pieces: Uint8Array[] = []
  for await (const piece of (await open(storage, 'pieces')).stream()) pieces.push(piece)
  let at = 0
  for (const piece of pieces) {
    const expected = bytes.subarray(at, at + piece.byteLength)
    expectBytes('a piece stays as it is when later ones are read', piece, expected)
    at += piece.byteLength
  }
}

/** Whose bytes are whose, before and after. */
export const ownershipCases: readonly ContractCase<ResultStorage>[] = [
  storageCase('ownership: an array belongs to the caller again when write has resolved', [], (s) =>
    checkInput(s, (bytes) => bytes),
  ),
  storageCase('ownership: several arrays belong to the caller again when write has resolved', [], (s) =>
    checkInput(s, (bytes) => [bytes.subarray(0, 1), bytes.subarray(1)]),
  ),
  storageCase("ownership: a stream's pieces belong to the caller again when write has resolved", [], (s) =>
    checkInput(
      s,
      (bytes) =>
        async function* () {
          yield bytes
        },
    ),
  ),
  storageCase('ownership: write does not change its input', [], checkUntouched),
  storageCase('ownership: what was read belongs to the reader', [], checkOutput),
  storageCase('ownership: the pieces of a stream stay as they are', [], checkPiecesStay),
]
