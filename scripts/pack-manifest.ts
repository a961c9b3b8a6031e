/**
 * Run by npm around packing: `prepack` takes the condition for our own sources out of package.json, because a user whose
 * project has a condition of that name would get TypeScript out of node_modules; `postpack` puts it back.
 */
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

const CONDITION = 'resultkit:source'
const KEPT = '.package.json.kept'

function without(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const members = Object.entries(value).filter(([name]) => name !== CONDITION)
  return Object.fromEntries(members.map(([name, member]) => [name, without(member)]))
}

if (process.argv[2] === 'prepack') {
  if (!existsSync(KEPT)) copyFileSync('package.json', KEPT)
  const {
    scripts: _,
    devDependencies: __,
    ...manifest
  } = JSON.parse(readFileSync(KEPT, 'utf8')) as Record<string, unknown>
  writeFileSync('package.json', `${JSON.stringify(without(manifest), undefined, 2)}\n`)
} else {
  rmSync('package.json')
  renameSync(KEPT, 'package.json')
}
