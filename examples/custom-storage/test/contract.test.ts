import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { outageContract, resultContract, storageContract, unmetRequirements } from '@resultkit/contract'
import { afterAll, describe, it } from 'vitest'
import { sqliteResult, sqliteStorage } from '../src/sqlite-storage.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'custom-storage-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

let files = 0
const freshFile = (): string => path.join(folder, `${files++}.db`)

describe('the storage contract', () => {
  for (const contractCase of storageContract) {
    it(contractCase.name, async ({ skip }) => {
      const storage = sqliteStorage({ file: freshFile() })
      const unmet = unmetRequirements(contractCase, storage)
      if (unmet.length > 0) skip(`unsupported: ${unmet}`)
      await contractCase.run({ open: () => storage })
    })
  }
})

describe('the contract of results', () => {
  it.each(resultContract)('$name', ({ run }) => run({ open: () => sqliteResult({ file: freshFile() }) }))
})

describe('a file whose folder is missing', () => {
  it.each(outageContract)('$name', ({ run }) =>
    run({ open: () => sqliteStorage({ file: path.join(folder, 'missing', 'results.db') }) }),
  )
})

describe('a file that is not a database', () => {
  it.each(outageContract)('$name', async ({ run }) => {
    const file = freshFile()
    fs.writeFileSync(file, 'something else, and more of it than a header has'.repeat(100))
    await run({ open: () => sqliteStorage({ file }) })
  })
})
