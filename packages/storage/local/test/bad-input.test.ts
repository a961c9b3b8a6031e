import fs from 'node:fs'
import path from 'node:path'
import { ndjson } from '@resultkit/core'
import { describe, expect, it } from 'vitest'
import { localResult } from '../src/index.ts'
import {
  expectAllFail,
  expectError,
  expectNameless,
  KEY,
  newDirectory,
  openClinic,
  siblings,
  VALUE,
} from './bad-input-kit.ts'
import { cannotMount, smallDisk } from './mount.ts'
import { filesBelow } from './support.ts'
import { startWorker } from './workers.ts'

describe('an unreadable directory', () => {
  it('that is a file is CONFIG, and what it held comes back with it', async () => {
    const { directory, result, expectKept } = await openClinic()
    fs.renameSync(directory, `${directory}-aside`)
    fs.writeFileSync(directory, 'a file')
    await expectAllFail(result, 'CONFIG')
    expect(fs.readFileSync(directory, 'utf8')).toBe('a file')
    fs.rmSync(directory)
    fs.renameSync(`${directory}-aside`, directory)
    await expectKept()
  })

  it('that is a symlink to nothing is CONFIG, and what it pointed to comes back', async () => {
    const real = newDirectory()
    await openClinic(real)
    const directory = `${real}-link`
    fs.symlinkSync(real, directory)
    const result = localResult({ directory })
    expect(await result.read('kept')).toEqual({ key: 'kept', ...VALUE })
    fs.renameSync(real, `${real}-aside`)
    await expectAllFail(result, 'CONFIG')
    fs.renameSync(`${real}-aside`, real)
    expect(await result.read('kept')).toEqual({ key: 'kept', ...VALUE })
  })

  it('that the process may not enter is ACCESS_DENIED', async () => {
    const { directory, result, expectKept } = await openClinic()
    fs.chmodSync(path.dirname(directory), 0o755)
    fs.chmodSync(directory, 0o000)
    const worker = await startWorker('denied', [directory])
    const errors = (await worker.ask({ key: KEY, value: VALUE })) as Record<string, Record<string, string>>
    await worker.end()
    fs.chmodSync(directory, 0o755)
    expect(Object.keys(errors)).toHaveLength(9)
    for (const { code, key, storage, printed } of Object.values(errors)) {
      expect({ code, storage }).toEqual({ code: 'ACCESS_DENIED', storage: result.uri })
      expect(key).toBeOneOf([KEY, undefined])
      expect(printed).not.toMatch(/Jane|cholesterol|4711|patients|jane-doe|ward-nine/)
    }
    await expectKept()
  })
})

describe.skipIf(cannotMount !== undefined)(`a full disk (${cannotMount ?? 'mounted'})`, () => {
  it('is UNAVAILABLE, loses nothing and keeps no temporary', async () => {
    const { directory, result, expectKept } = await openClinic(smallDisk('512k'))
    const old = await result.write(VALUE, KEY)
    const large = { ...VALUE, notes: 'x'.repeat(700_000) }
    const streams = localResult({ directory, serializer: ndjson() })
    const rows = Array.from({ length: 20 }, () => ({ ...VALUE, notes: 'x'.repeat(50_000) }))
    const files = filesBelow(directory)
    for (const key of [KEY, 'patients/new']) {
      const writes = [
        () => result.write(large, key),
        () => result.write(large, key, { ifAbsent: key !== KEY }),
        () => streams.write(rows, key),
      ]
      for (const writing of writes) {
        const error = await expectError(writing(), 'UNAVAILABLE', { uri: result.uri, key })
        expect(error.message).toMatch(/full.*Free some space/)
        expect(error.retryable).toBe(false)
      }
    }
    expect(filesBelow(directory)).toEqual(files)
    expect((await Array.fromAsync(result.list())).map(({ key }) => key)).toEqual(['kept', 'kept-too/below', KEY])
    expect(await result.read(old)).toEqual(VALUE)
    await expectKept()
    await result.write('small', 'patients/new')
  })
})

describe('a parameter', () => {
  it('that is missing is INVALID_LOCATION, and nothing is written', async () => {
    const { directory, result, expectKept } = await openClinic()
    const files = filesBelow(directory)
    const patients = result.with({ location: 'patients/{ward}/{name}' })
    const given = { name: 'Jane Doe' } as never
    await expectNameless(patients.write(VALUE, given), 'INVALID_LOCATION', result.uri)
    await expectNameless(patients.read(given), 'INVALID_LOCATION', result.uri)
    await expectNameless(patients.find(given), 'INVALID_LOCATION', result.uri)
    await expectNameless(patients.delete(given), 'INVALID_LOCATION', result.uri)
    expect(filesBelow(directory)).toEqual(files)
    await expectKept()
  })

  it.each([
    '../../etc/passwd',
    'a/b',
    'a\0b',
    '..',
    '.',
    '/etc/passwd',
    '%2e%2e/x',
    '..\\..\\x',
    'C:\\x',
    '~',
    '$HOME',
  ])('that is hostile stays one name in the directory: %j', async (name) => {
    const { directory, result, expectKept } = await openClinic()
    const beside = siblings(directory)
    const patients = result.with({ location: 'patients/{name}' })
    const reference = await patients.write(VALUE, { name })
    expect(await patients.read({ name })).toEqual(VALUE)
    expect(await result.read(reference)).toEqual(VALUE)
    expect(reference.key.split('/')).toHaveLength(2)
    const listed = (await Array.fromAsync(result.list('patients/'))).map(({ key }) => key)
    expect(listed).toEqual([reference.key])
    expect(filesBelow(directory).filter((file) => file.startsWith('patients/'))).toHaveLength(1)
    expect(siblings(directory)).toEqual(beside)
    await expectKept()
  })

  it.each(['n'.repeat(2000), '\u00e9'.repeat(1000)])('that is too long is INVALID_LOCATION (%#)', async (name) => {
    const { directory, result, expectKept } = await openClinic()
    const files = filesBelow(directory)
    const patients = result.with({ location: 'patients/{name}' })
    for (const attempt of [
      () => patients.write(VALUE, { name }),
      () => patients.read({ name }),
      () => patients.find({ name }),
    ])
      await expectNameless(attempt(), 'INVALID_LOCATION', result.uri, [name.slice(0, 20)])
    expect(filesBelow(directory)).toEqual(files)
    await expectKept()
  })

  it('that may have slashes cannot leave the directory', async () => {
    const { directory, result, expectKept } = await openClinic()
    const patients = result.with({ location: 'patients/{+path}' })
    for (const name of ['../../etc/jane-doe', 'a//jane-doe', '/jane-doe', './jane-doe', 'jane-doe/..'])
      await expectNameless(patients.write(VALUE, { path: name }), 'INVALID_LOCATION', result.uri)
    expect(filesBelow(directory)).toEqual(['kept', 'kept-too/below'])
    await expectKept()
  })
})

it.each(['../jane-doe', '/jane-doe', 'a/../jane-doe', 'jane-doe\0', 'a//jane-doe', '.resultkit/tmp/jane-doe', '.'])(
  'a key that is hostile is INVALID_KEY: %j',
  async (key) => {
    const { directory, result, expectKept } = await openClinic()
    const beside = siblings(directory)
    const writing = await expectError(result.write(VALUE, key), 'INVALID_KEY', { uri: result.uri, key })
    expect(writing.operation).toBe('write')
    const reading = await expectError(result.read(key), 'INVALID_KEY', { uri: result.uri, key })
    expect(reading.operation).toBe('read')
    expect(siblings(directory)).toEqual(beside)
    await expectKept()
  },
)

describe('a directory below', () => {
  it('is no result, and nothing can be written onto it', async () => {
    const { directory, result, expectKept } = await openClinic()
    await result.write(VALUE, `${KEY}/today`)
    const expected = { uri: result.uri }
    expect(await result.find(KEY)).toEqual({ status: 'miss' })
    expect(await result.exists(KEY)).toBe(false)
    await expectError(result.read(KEY), 'NOT_FOUND', expected)
    await expectError(Array.fromAsync(result.stream(KEY)), 'NOT_FOUND', expected)
    await expectError(result.write(VALUE, KEY), 'INVALID_KEY', expected)
    await expectError(result.write(VALUE, KEY, { ifAbsent: true }), 'INVALID_KEY', expected)
    await result.delete(KEY)
    expect(await result.read(`${KEY}/today`)).toEqual(VALUE)
    expect(filesBelow(directory)).toEqual(['kept', 'kept-too/below', `${KEY}/today`])
    await expectKept()
  })

  it('is not made where a result is', async () => {
    const { directory, result, expectKept } = await openClinic()
    await result.write(VALUE, KEY)
    const key = `${KEY}/today`
    const expected = { uri: result.uri, key }
    await expectError(result.write(VALUE, key), 'INVALID_KEY', expected)
    await expectError(result.read(key), 'NOT_FOUND', expected)
    expect(await result.find(key)).toEqual({ status: 'miss' })
    expect(await result.read(KEY)).toEqual(VALUE)
    expect(filesBelow(directory)).toEqual(['kept', 'kept-too/below', KEY])
    await expectKept()
  })
})
