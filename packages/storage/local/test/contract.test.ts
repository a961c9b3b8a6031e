import fs from 'node:fs'
import path from 'node:path'
import { outageContract, storageContract, unmetRequirements } from '@resultkit/contract'
import { describe, expect, it } from 'vitest'
import { fileStorage } from '../src/index.ts'
import { temporaryDirectory } from './support.ts'

const { capabilities } = fileStorage()

describe.each([{ io: 'auto' }, { io: 'sync' }, { io: 'async' }, { io: 'auto', durability: 'full' }] as const)(
  'a storage with %o',
  (options) => {
    for (const { name, requires, run } of storageContract) {
      const unmet = unmetRequirements({ name, requires, run }, { capabilities } as never)
      it.skipIf(unmet.length > 0)(unmet.length > 0 ? `${name} (needs ${unmet})` : name, async () => {
        await run({ open: () => fileStorage({ directory: temporaryDirectory(), ...options }) })
      })
    }
  },
)

describe('a storage whose directory is a file', () => {
  it.each(outageContract)('$name', async ({ run }) => {
    const directory = path.join(temporaryDirectory(), 'file')
    fs.writeFileSync(directory, '')
    await run({ open: () => fileStorage({ directory }) })
    expect(fs.readFileSync(directory, 'utf8')).toBe('')
  })
})
