import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ResultStorage, RetryOptions } from '@resultkit/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { s3Storage } from '../src/index.ts'
import { bytes, errorOf, pieces, put, text } from './support.ts'

/** A service that refuses everything, with these headers. */
let headers: Readonly<Record<string, string>> = {}
let requests = 0
let slept: number[] = []
const server = createServer((request, answer) => {
  requests += 1
  request.resume().on('end', () => answer.writeHead(503, headers).end())
})

beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)))
beforeEach(() => {
  requests = 0
  slept = []
})
afterAll(() => void server.close().closeAllConnections())

function storage(options: RetryOptions = {}): ResultStorage {
  const sleep = async (ms: number): Promise<void> => void slept.push(ms)
  const retry = { attempts: 2, random: () => 0, sleep, ...options }
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return s3Storage({
    endpoint,
    bucket: 'b',
    region: 'r',
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    retry,
  })
}

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT'
const OPERATIONS: Readonly<Record<string, (storage: ResultStorage) => Promise<unknown>>> = {
  read: (target) => text(target, 'key'),
  'the write of a stream': (target) => put(target, 'key', pieces(bytes('value'), 2)),
}

describe.each(Object.entries(OPERATIONS))('%s', (_, operate) => {
  it.each<[string, Record<string, string>, number | undefined]>([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['a date, by the clock of the answer', { date: DATE, 'retry-after': 'Sun, 06 Nov 1994 08:49:46 GMT' }, 9000],
    ['a date that has passed', { 'retry-after': DATE }, undefined],
    ['nothing', {}, undefined],
    ['no time', { 'retry-after': '0' }, undefined],
    ['a negative number', { 'retry-after': '-5' }, undefined],
    ['a fraction', { 'retry-after': '1.5' }, undefined],
    ['no number', { 'retry-after': 'soon, in 2099' }, undefined],
  ])('waits for what a busy service asks: %s', async (_name, given, ms) => {
    headers = given
    const error = await errorOf(operate(storage()))
    expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: false })
    expect(error.retryAfterMs).toBe(ms)
    expect(slept).toEqual([ms ?? 0])
    expect(requests).toBe(2)
  })

  it.each([
    ['61', 61_000],
    ['99999999999999999999', 24 * 60 * 60 * 1000],
  ])('does not wait for %s seconds, and says how long it was asked to', async (text, ms) => {
    headers = { 'retry-after': text }
    const error = await errorOf(operate(storage()))
    expect(error).toMatchObject({ retryable: false, retryAfterMs: ms })
    expect({ slept, requests }).toEqual({ slept: [], requests: 1 })
    await errorOf(operate(storage({ maxRetryAfter: '1d', minDelay: 100, random: () => 1 })))
    expect(slept).toEqual([ms + 100])
  })
})
