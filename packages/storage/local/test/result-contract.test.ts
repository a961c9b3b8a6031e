import { resultContract } from '@resultkit/contract'
import { describe, it } from 'vitest'
import { localResult } from '../src/index.ts'
import { temporaryDirectory } from './support.ts'

describe.each([{ io: 'auto' }, { io: 'async' }] as const)('a local Result with %o', (options) => {
  it.each(resultContract)('$name', async ({ run }) => {
    await run({ open: () => localResult({ directory: temporaryDirectory(), ...options }) })
  })
})
