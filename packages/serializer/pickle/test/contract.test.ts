import { serializerContract } from '@resultkit/contract'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { pickle } from '../src/index.ts'

const SETTINGS = {
  default: {},
  'not compact': { compact: false },
  views: { buffers: 'view', writeBuffers: 'copy' },
} as const

// Two errors made at two places have two stacks, which pickle keeps; the contract compares errors made at two places.
const { stackTraceLimit } = Error
beforeAll(() => {
  Error.stackTraceLimit = 0
})
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit
})

const cases = serializerContract.filter(({ requires }) => !requires.includes('stream'))

describe.each(Object.entries(SETTINGS))('the contract, %s', (_, options) => {
  test.each(cases.map((contractCase) => [contractCase.name, contractCase] as const))('%s', async (_name, { run }) => {
    await run({ open: () => pickle(options) })
  })
})
