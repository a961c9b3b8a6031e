import { serializerContract, unmetRequirements } from '@resultkit/contract'
import { describe, test } from 'vitest'
import { type CborOptions, cbor } from '../src/index.ts'

const MODES: readonly CborOptions[] = [
  {},
  { useRecords: true },
  { structuredClone: true },
  { structuredClone: true, useRecords: true },
  { int64: 'number', buffers: 'view' },
]

describe.each(MODES)('cbor(%o)', (options) => {
  test.each(serializerContract)('$name', async (contractCase) => {
    const serializer = cbor(options)
    if (unmetRequirements(contractCase, serializer).length > 0) return
    await contractCase.run({ open: () => serializer })
  })
})
