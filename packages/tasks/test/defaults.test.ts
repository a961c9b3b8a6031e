import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const run = promisify(execFile)

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'resultkit-defaults-'))
})
afterAll(() => rm(directory, { recursive: true }))

/** Runs code in a process of its own: defaults are read from its environment. Gives what it prints, as JSON. */
async function print(code: string, env: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const source = `import { registerHooks } from 'node:module'
    const { task, flow, defaultStore } = await import('@resultkit/tasks')
    const without = (name) => registerHooks({ resolve(specifier, context, next) {
      if (specifier === name) throw new Error('cannot be found')
      return next(specifier, context)
    } })
    const answer = await (async () => { ${code} })().catch(({ code, message }) => ({ code, message }))
    console.log(JSON.stringify(answer))`
  const { stdout } = await run(
    process.execPath,
    ['--conditions=resultkit:source', '--input-type=module', '-e', source],
    {
      cwd: import.meta.dirname,
      env: { ...process.env, RESULTKIT_HOME: directory, ...env },
    },
  )
  return JSON.parse(stdout)
}

test('with nothing configured: pickle, in .resultkit/results, and another process reads the reference', async () => {
  const reference = await print(
    `return task('t', async () => new Map([['when', new Date(5)]]), { persistResult: true })().reference()`,
  )
  expect(reference).toMatchObject({
    type: 'reference',
    storage: 'local',
    format: 'record',
    serializer: expect.anything(),
  })
  expect(JSON.stringify((reference as { serializer: unknown }).serializer)).toContain('pickle')
  expect(globSync('results/runs/*/t/*', { cwd: directory })).toHaveLength(1)
  const value = await print(
    `const value = await (await defaultStore()).get(${JSON.stringify(reference)}); return [...value].flat()`,
  )
  expect(value).toEqual(['when', '1970-01-01T00:00:00.005Z'])
})

test('a cached result is found by the next process', async () => {
  const code = `const run = task('t', async () => ({ pid: process.pid }), { cacheFor: '1h' })(); return [(await run).pid, (await run.state()).type]`
  const [first, second] = [await print(code), await print(code)]
  expect(first).toEqual([expect.any(Number), 'Completed'])
  expect(second).toEqual([(first as unknown[])[0], 'Cached'])
})

test('RESULTKIT_PERSIST_BY_DEFAULT stores what says nothing, RESULTKIT_DEFAULT_SERIALIZER says how', async () => {
  const code = `return task('t', async () => 'text')().reference()`
  const env = { RESULTKIT_PERSIST_BY_DEFAULT: 'true', RESULTKIT_DEFAULT_SERIALIZER: 'text' }
  expect(await print(code, env)).toMatchObject({ serializer: 'text' })
  expect(await print(code)).toMatchObject({ code: 'MISSING_RESULT' })
})

test('a configured default that cannot be loaded is an error', async () => {
  const code = `return task('t', async () => 'text', { persistResult: true })().reference()`
  expect(await print(code, { RESULTKIT_DEFAULT_STORAGE: 's3/prod' })).toMatchObject({
    code: 'CONFIG',
    message: expect.stringContaining('s3/prod'),
  })
  expect(await print(code, { RESULTKIT_DEFAULT_SERIALIZER: 'no-such' })).toMatchObject({ code: 'CONFIG' })
})

test.each(['@resultkit/local', '@resultkit/pickle'])(
  'without %s: what to install, when it is needed and not before',
  async (name) => {
    const code = `without('${name}')
    const t = task('t', async () => 'text')
    return [await t(), await t.with({ persistResult: true })().catch(({ code, message }) => ({ code, message }))]`
    const error = { code: 'CONFIG', message: expect.stringContaining(`npm install ${name}`) }
    expect(await print(code)).toEqual(['text', error])
  },
)

test('without pickle another serializer does', async () => {
  const code = `without('@resultkit/pickle'); return task('t', async () => 'text', { persistResult: true, resultSerializer: 'json' })().reference()`
  expect(await print(code)).toMatchObject({ serializer: 'json' })
})
