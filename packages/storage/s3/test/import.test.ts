import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

it('importing it and making a storage loads neither the SDK nor anything that opens connections', () => {
  const entry = fileURLToPath(new URL('../src/index.ts', import.meta.url))
  const script = `
    const { s3Storage } = await import(${JSON.stringify(entry)})
    s3Storage({ bucket: 'b', credentials: { accessKeyId: 'a', secretAccessKey: 's' } })
    const loaded = process.moduleLoadList.filter((name) => /NativeModule (http|https|tls|zlib)$/.test(name))
    console.log(JSON.stringify(loaded))`
  const args = ['--conditions=resultkit:source', '--input-type=module', '-e', script]
  const before = JSON.parse(String(execFileSync(process.execPath, ['-p', list()])))
  expect(JSON.parse(String(execFileSync(process.execPath, args)))).toEqual(before)
})

/** What Node itself loads. */
function list(): string {
  return 'JSON.stringify(process.moduleLoadList.filter((name) => /NativeModule (http|https|tls|zlib)$/.test(name)))'
}
