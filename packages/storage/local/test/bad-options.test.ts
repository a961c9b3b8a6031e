import { memoryResult, ndjson } from '@resultkit/core'
import { fileStorage, localResult, sweep } from '@resultkit/local'
import { describe, expect, it } from 'vitest'
import { expectError, KEY, openClinic, VALUE } from './bad-input-kit.ts'
import { runScript } from './run.ts'
import { filesBelow } from './support.ts'

describe('a validator that throws', () => {
  const failing = (): never => {
    throw new Error('Jane Doe has a cholesterol of 4711')
  }

  it('is CONFIG on a write, and nothing is written', async () => {
    const { directory, result, expectKept } = await openClinic()
    const files = filesBelow(directory)
    for (const validator of [failing, async () => failing(), () => 'Jane Doe' as never]) {
      const strict = result.with({ validators: [validator] })
      await expectError(strict.write(VALUE, KEY), 'CONFIG', { uri: result.uri })
    }
    const streams = result.with({ serializer: ndjson(), validators: [failing] })
    await expectError(streams.write([VALUE], KEY), 'CONFIG', { uri: result.uri })
    expect(filesBelow(directory)).toEqual(files)
    await expectKept()
  })

  it('is CONFIG on a read, and never "invalid" or a miss', async () => {
    const { result, expectKept } = await openClinic()
    await result.write(VALUE, KEY)
    const strict = result.with({ validators: [failing] })
    const { cause } = await expectError(strict.read(KEY), 'CONFIG', { uri: result.uri })
    expect(cause).toMatchObject({ message: 'Jane Doe has a cholesterol of 4711' })
    await expectError(strict.find(KEY), 'CONFIG', { uri: result.uri })
    expect(await strict.read(KEY, { validate: false })).toEqual(VALUE)
    await expectKept()
  })

  it('is CONFIG at the first item of a stream', async () => {
    const { result, expectKept } = await openClinic()
    const streams = result.with({ serializer: ndjson() })
    await streams.write([VALUE, VALUE], KEY)
    const strict = streams.with({ validators: [failing] })
    const readAll = async () => Array.fromAsync((await strict.read(KEY)) as AsyncIterable<unknown>)
    await expectError(readAll(), 'CONFIG', { uri: result.uri })
    await expectKept()
  })

  it('is CONFIG where it judges what is stored (cacheValidators)', async () => {
    const { result, expectKept } = await openClinic()
    await result.write(VALUE, KEY)
    await expectError(result.with({ cacheValidators: [failing] }).find(KEY), 'CONFIG', { uri: result.uri })
    await expectKept()
  })
})

it('a value that is refused is not printed', async () => {
  const { result, expectKept } = await openClinic()
  await result.write(VALUE, KEY)
  const issues = [{ message: 'Jane Doe has a cholesterol of 4711' }]
  const schema = { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues }) } } as const
  const strict = result.with({ validators: [schema] })
  for (const attempt of [() => strict.write(VALUE, KEY), () => strict.read(KEY)]) {
    const error = await expectError(attempt(), 'VALIDATION_FAILED', { uri: result.uri })
    expect(error.issues).toMatchObject(issues)
  }
  await expectError(result.write([VALUE, 4711n], KEY), 'SERIALIZE', { uri: result.uri })
  expect(await result.read(KEY)).toEqual(VALUE)
  await expectKept()
})

describe('a clock that jumps', () => {
  const HOUR = 3_600_000
  const NOON = Date.UTC(2026, 10, 22, 12)

  it('back: what is from the future is new, and what had expired is good again', async () => {
    const { result, expectKept } = await openClinic()
    let now = NOON
    const timed = result.with({ clock: () => now, cacheFor: '1h' })
    const reference = await timed.write(VALUE, KEY, { expiresAt: new Date(NOON + 2 * HOUR) })
    now = NOON - 1000 * HOUR
    expect(await timed.find(KEY)).toMatchObject({ status: 'hit', value: VALUE })
    expect(await timed.find(KEY, { maxAge: 1 })).toMatchObject({ status: 'hit' })
    expect(await timed.find(KEY, { maxAge: 0 })).toMatchObject({ status: 'expired', reason: 'maxAge' })
    expect(await timed.read(reference)).toEqual(VALUE)
    await expectKept()
  })

  it('forward: expired to the millisecond, by the limit that has passed, and back again', async () => {
    const { result, expectKept } = await openClinic()
    let now = NOON
    const timed = result.with({ clock: () => now, cacheFor: '1h' })
    const reference = await timed.write(VALUE, KEY, { expiresAt: new Date(NOON + 2 * HOUR) })
    const status = async (at: number) => {
      now = at
      const found = await timed.find(KEY)
      return found.status === 'expired' ? found.reason : found.status
    }
    expect(await status(NOON + HOUR - 1)).toBe('hit')
    expect(await status(NOON + HOUR)).toBe('maxAge')
    expect(await timed.read(reference)).toEqual(VALUE)
    expect(await status(NOON + 2 * HOUR - 1)).toBe('maxAge')
    expect(await timed.read(KEY)).toEqual(VALUE)
    expect(await status(NOON + 2 * HOUR)).toBe('expiresAt')
    for (const attempt of [
      () => timed.read(KEY),
      () => timed.read(reference),
      () => Array.fromAsync(timed.stream(KEY)),
    ])
      await expectError(attempt(), 'EXPIRED', { uri: result.uri })
    expect(await status(8.64e15)).toBe('expiresAt')
    expect(await timed.describe(KEY)).toMatchObject({ expiresAt: new Date(NOON + 2 * HOUR) })
    await expectError(timed.write(VALUE, KEY, { ifAbsent: true }), 'ALREADY_EXISTS', { uri: result.uri })
    expect(await status(NOON)).toBe('hit')
    await expectKept()
  })

  it('over the modification time of a plain file, which find compares with', async () => {
    const { result, expectKept } = await openClinic()
    let now = Date.now()
    const timed = result.with({ clock: () => now, cacheFor: '1h', format: 'plain' })
    await timed.write(VALUE, KEY)
    expect(await timed.find(KEY)).toMatchObject({ status: 'hit' })
    now += 2 * HOUR
    expect(await timed.find(KEY)).toMatchObject({ status: 'expired', reason: 'maxAge' })
    now -= 1000 * HOUR
    expect(await timed.find(KEY)).toMatchObject({ status: 'hit' })
    await expectKept()
  })

  it('out of all time is CONFIG', async () => {
    const { directory, result, expectKept } = await openClinic()
    const files = filesBelow(directory)
    for (const clock of [() => Number.NaN, () => Infinity, () => new Date(Number.NaN)]) {
      await expectError(result.with({ clock }).write(VALUE, KEY), 'CONFIG', { uri: result.uri })
      const found = result.with({ clock, cacheFor: '1h' }).find('kept')
      await expectError(found, 'CONFIG', { uri: result.uri, key: 'kept' })
    }
    expect(filesBelow(directory)).toEqual(files)
    await expectKept()
  })
})

describe('the command line of the quickstart', { timeout: 60_000 }, () => {
  const QUICKSTART = '../../../../examples/quickstart/src/main.ts'
  const noTrace = /^\s+at |node:internal|Error:/m

  it('says in one line that the directory is a file', async () => {
    const { file } = await openClinic()
    const { code, stdout, stderr } = await runScript(QUICKSTART, ['--directory', file('kept')])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^quickstart: .*directory.*not a directory.*\(CONFIG\)\n$/)
    expect(stderr).not.toMatch(noTrace)
  })

  it.each([['--no-such-option'], ['--directory'], ['movies']])(
    'says in one line what is wrong with %s',
    async (option) => {
      const { code, stdout, stderr } = await runScript(QUICKSTART, [option])
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      const [line, ...usage] = stderr.split('\n')
      expect(line).toMatch(new RegExp(`^quickstart: .*${option}`))
      expect(usage[0]).toMatch(/^Usage: npm start -- /)
      expect(stderr).not.toMatch(noTrace)
    },
  )
})

describe('options of callers without types', () => {
  it('a time that is a text is CONFIG: it would be joined to a number instead of added', async () => {
    const directory = '/nowhere/at-all'
    for (const lockTimeout of ['5', null, Number.NaN] as unknown as number[])
      expect(() => fileStorage({ directory, lockTimeout })).toThrow(expect.objectContaining({ code: 'CONFIG' }))
    for (const graceMs of ['5', null] as unknown as number[])
      await expect(sweep({ directory, graceMs })).rejects.toMatchObject({ code: 'CONFIG' })
    await expect(sweep({ directory, clock: () => Number.NaN })).rejects.toMatchObject({ code: 'CONFIG' })
  })

  it('a storage that is undefined is left out', () => {
    expect(localResult({ directory: '/nowhere/at-all', storage: undefined }).uri).toBe('file:///nowhere/at-all')
    expect(memoryResult({ storage: undefined }).uri).toMatch(/^memory:/)
  })

  it('a signal that is null is none', async () => {
    const { result } = await openClinic()
    const streams = result.with({ serializer: ndjson() })
    await streams.write([1, 2], KEY, { signal: null as never })
    expect(await Array.fromAsync(await streams.read(KEY, { signal: null as never }))).toEqual([1, 2])
  })
})
