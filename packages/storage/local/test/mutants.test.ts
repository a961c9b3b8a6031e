import fs from 'node:fs'
import path from 'node:path'
import { outageContract, storageContract } from '@resultkit/contract'
import { describe, expect, it } from 'vitest'
import { conditionsMutants } from './mutants/conditions.ts'
import { failuresMutants } from './mutants/failures.ts'
import { faultless, type Open, tracked } from './mutants/kit.ts'
import { localCases } from './mutants/local-cases.ts'
import { readsMutants } from './mutants/reads.ts'
import { writesMutants } from './mutants/writes.ts'
import { temporaryDirectory } from './support.ts'

const cases = [...storageContract, ...outageContract, ...localCases]
const mutants = { ...writesMutants, ...conditionsMutants, ...readsMutants, ...failuresMutants }

/** `kept`, or what the case says was broken. */
async function outcome(name: string, open: Open): Promise<string> {
  const found = cases.find((contractCase) => contractCase.name === name)
  if (found === undefined) throw new Error(`There is no case "${name}".`)
  let directory = temporaryDirectory()
  if (name.startsWith('outage: ')) {
    directory = path.join(directory, 'file')
    fs.writeFileSync(directory, '')
  }
  const { storage, settle } = tracked(open(directory))
  try {
    await found.run({ open: () => storage })
    return 'kept'
  } catch (error) {
    return (error as Error).message
  } finally {
    await settle()
  }
}

describe('a file storage with a fault is found out', () => {
  it.each(Object.entries(mutants))('%s', async (_, { open, caughtBy }) => {
    expect(caughtBy).not.toHaveLength(0)
    for (const name of caughtBy) expect(await outcome(name, open), name).toMatch(/^promised: .+; happened: ./s)
  })
})

describe('the file storage keeps what finds the faults', () => {
  it.each([...new Set(Object.values(mutants).flatMap(({ caughtBy }) => caughtBy))])('%s', async (name) => {
    expect(await outcome(name, faultless)).toBe('kept')
  })
})
