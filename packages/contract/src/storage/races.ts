import {
  isResultError,
  type ObjectStat,
  type ResultErrorCode,
  type ResultStorage,
  type WriteOptions,
} from '@resultkit/core'
import { pattern, spiedPieces, utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectBytes, expectSame, expectThat } from '../expectation.ts'
import { show } from '../show.ts'
import { get, put, remove, statOf, storageCase } from './use.ts'

const RACERS = 20
const ROUNDS = 3

type Outcome = ObjectStat | ResultErrorCode

/** One racer. A service may answer a collision with a retryable error; whoever races tries again then. */
async function race(attempt: () => Promise<ObjectStat>): Promise<Outcome> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      expectThat(isResultError(error), 'a lost race is a ResultError', show(error))
      if (!error.retryable || tries === 20) return error.code
    }
  }
}

async function checkOneWinner(
  storage: ResultStorage,
  name: string,
  lost: ResultErrorCode,
  options: Partial<WriteOptions>,
  streaming: boolean,
): Promise<void> {
  const values = Array.from({ length: RACERS }, (_, racer) => pattern(2000 + racer, racer))
  const bodies = values.map((value) => (streaming ? spiedPieces([value]).source : value))
  const outcomes = await Promise.all(bodies.map((body) => race(() => put(storage, name, body, options))))
  const winners = outcomes.flatMap((outcome, racer) => (typeof outcome === 'string' ? [] : [{ racer, outcome }]))
  const [winner] = winners
  const promised = `of ${RACERS} concurrent conditional writers exactly one wins`
  expectThat(winner !== undefined && winners.length === 1, promised, `${winners.length} did`)
  const others = new Set(outcomes.filter((outcome) => typeof outcome === 'string'))
  expectSame(`the writers that lose are told ${lost}`, [...others].join(), lost)
  expectBytes("the winner's bytes are stored", await get(storage, name), values[winner.racer] as Uint8Array)
  expectSame("the winner's etag is the current one", (await statOf(storage, name)).etag, winner.outcome.etag)
}

async function checkIfAbsentRace(storage: ResultStorage, streaming: boolean): Promise<void> {
  for (let round = 0; round < ROUNDS; round++)
    await checkOneWinner(storage, `race/${round}`, 'ALREADY_EXISTS', { ifAbsent: true }, streaming)
}

async function checkIfMatchRace(storage: ResultStorage, streaming: boolean): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const { etag } = await put(storage, 'race', utf8(`start of round ${round}`))
    await checkOneWinner(storage, 'race', 'PRECONDITION_FAILED', { ifMatch: etag }, streaming)
  }
}

async function checkDeleteRace(storage: ResultStorage): Promise<void> {
  const { etag } = await put(storage, 'race', utf8('once'))
  const attempts = Array.from({ length: RACERS }, () =>
    race(async () => {
      await remove(storage, 'race', { ifMatch: etag })
      return { key: 'race', size: 0, etag, lastModified: undefined, writeId: undefined }
    }),
  )
  const outcomes = await Promise.all(attempts)
  const winners = outcomes.filter((outcome) => typeof outcome !== 'string')
  expectSame(`of ${RACERS} concurrent conditional deletes exactly one wins`, winners.length, 1)
  const others = new Set(outcomes.filter((outcome) => typeof outcome === 'string'))
  expectSame('the deletes that lose are told so', [...others].join(), 'PRECONDITION_FAILED')
}

/** Conditions under concurrency: exactly one wins. */
export const raceCases: readonly ContractCase<ResultStorage>[] = [
  storageCase('ifAbsent (bytes): of 20 concurrent writers one wins', ['ifAbsent'], (s) => checkIfAbsentRace(s, false)),
  storageCase('ifAbsent (stream): of 20 concurrent writers one wins', ['ifAbsentStream'], (s) =>
    checkIfAbsentRace(s, true),
  ),
  storageCase('ifMatch (bytes): of 20 concurrent writers one wins', ['ifMatch'], (s) => checkIfMatchRace(s, false)),
  storageCase('ifMatch (stream): of 20 concurrent writers one wins', ['ifMatchStream'], (s) =>
    checkIfMatchRace(s, true),
  ),
  storageCase('delete: of 20 concurrent conditional deletes one wins', ['deleteIfMatch'], checkDeleteRace),
]
