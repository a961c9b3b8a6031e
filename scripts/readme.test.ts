import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { ROOT } from './packages.ts'
import { renderGuide } from './serializers-guide.ts'

const run = promisify(execFile)

/** What a reader copies out of a README has to run as it stands; blocks of one page follow each other. */
const PAGES = [
  'README.md',
  'packages/core/README.md',
  'packages/storage/local/README.md',
  'packages/codec/compress/README.md',
  'packages/codec/encrypt/README.md',
  'packages/serializer/cbor/README.md',
  'packages/serializer/msgpack/README.md',
  'packages/serializer/pickle/README.md',
  'packages/tasks/README.md',
  'docs/guides/encryption.md',
  'docs/guides/serializers.md',
  'docs/guides/tasks.md',
]

async function blocksOf(page: string): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, page), 'utf8')
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '')
}

describe.each(PAGES)('%s', (page) => {
  test('its code runs', { timeout: 60_000 }, async () => {
    const blocks = await blocksOf(page)
    expect(blocks.length).toBeGreaterThan(0)
    await mkdir(join(ROOT, '.resultkit'), { recursive: true })
    // Below the root, so that imports resolve as in a project that has the packages installed.
    const directory = await mkdtemp(join(ROOT, '.resultkit', 'readme-'))
    try {
      for (const [index, code] of blocks.entries()) {
        await writeFile(join(directory, `block-${index}.ts`), code)
        await run(process.execPath, ['--conditions=resultkit:source', `block-${index}.ts`], { cwd: directory })
      }
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})

test('the reader in Python agrees', async ({ skip }) => {
  const python = await run('python3', ['--version']).catch(() => undefined)
  if (python === undefined) skip('python3 is not installed')
  const golden = join(ROOT, 'test-fixtures/golden/records')
  const index = JSON.parse(await readFile(join(golden, 'index.json'), 'utf8')) as Record<
    string,
    { readonly error?: string; readonly value?: unknown }
  >
  for (const [name, expected] of Object.entries(index)) {
    const answer = await run('python3', [join(ROOT, 'docs/spec/read_record.py'), join(golden, name)]).then(
      ({ stdout }) => JSON.parse(stdout) as { value: unknown },
      () => undefined,
    )
    expect(answer !== undefined, name).toBe(expected.error === undefined)
    if (answer !== undefined && 'value' in expected) expect(answer.value, name).toEqual(expected.value)
  }
})

test("the serializers' guide has the table that a run gives", { timeout: 60_000 }, async () => {
  const { current, rendered } = await renderGuide()
  expect(rendered).toBe(current)
})
