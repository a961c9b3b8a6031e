import { serializerContract, unmetRequirements } from '@resultkit/contract'
import { describe, test } from 'vitest'
import { type MsgpackOptions, msgpack } from '../src/index.ts'

const MODES: readonly MsgpackOptions[] = [
  {},
  { useRecords: true },
  { moreTypes: true },
  { structuredClone: true },
  { int64: 'number', buffers: 'view' },
]

describe.each(MODES)('msgpack(%o)', (options) => {
  test.each(serializerContract)('$name', async (contractCase) => {
    const serializer = msgpack(options)
    if (unmetRequirements(contractCase, serializer).length > 0) return
    await contractCase.run({ open: () => serializer })
  })
})
