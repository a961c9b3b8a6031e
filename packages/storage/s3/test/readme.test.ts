import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { startS3Server, TEST_ACCOUNT } from '../../../../test-fixtures/servers/s3/index.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const server = await startS3Server({ buckets: ['lab'] })
afterAll(() => server.close())

it("the README's code runs, with the connection from the environment", { timeout: 60_000 }, async () => {
  const page = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const code = /^```ts\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? ''
  mkdirSync(join(ROOT, '.resultkit'), { recursive: true })
  const directory = mkdtempSync(join(ROOT, '.resultkit', 'readme-s3-'))
  try {
    writeFileSync(join(directory, 'block.ts'), code)
    const env = {
      ...process.env,
      AWS_ENDPOINT_URL_S3: server.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: TEST_ACCOUNT.accessKeyId,
      AWS_SECRET_ACCESS_KEY: TEST_ACCOUNT.secretAccessKey,
    }
    const args = ['--conditions=resultkit:source', 'block.ts']
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: directory, env })
    expect(stdout).toBe('[ 1 ]\nmiss\nALREADY_EXISTS\n')
    expect(server.buckets.get('lab')?.keys()).toEqual(['results/scores/ada.json'])
  } finally {
    rmSync(directory, { recursive: true })
  }
})
