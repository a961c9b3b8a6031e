import { applies, serializerContract } from '@resultkit/contract'
import { bytes, json, jsonTypes, ndjson, type Serializer, text } from '@resultkit/core'
import { describe, test } from 'vitest'

const all: Record<string, () => Serializer> = {
  json: () => json(),
  types: () => json({ types: Object.values(jsonTypes) as never }),
  bytes: () => bytes(),
  text: () => text(),
  ndjson: () => ndjson(),
}
for (const [name, open] of Object.entries(all))
  describe(name, () => {
    for (const c of serializerContract)
      test(c.name, async ({ skip }) => {
        const s = open()
        if (!applies(c, s)) skip('x')
        await c.run({ open: () => s })
      })
  })
