import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root. */
export const ROOT: string = join(dirname(fileURLToPath(import.meta.url)), '..')

/** What a package.json says, as far as the checks look. */
export interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly sideEffects?: boolean
  readonly type?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, unknown>>
}

export interface PackageInfo {
  readonly name: string
  /** Absolute. */
  readonly directory: string
  readonly manifest: Manifest
}

/** The packages that are published. */
export function packages(): readonly PackageInfo[] {
  const files = ['packages/*/package.json', 'packages/*/*/package.json'].flatMap((pattern) =>
    globSync(pattern, { cwd: ROOT }),
  )
  return files
    .filter((file) => !file.includes('node_modules'))
    .map((file) => ({
      directory: join(ROOT, dirname(file)),
      manifest: JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as Manifest,
    }))
    .map(({ directory, manifest }) => ({ name: manifest.name, directory, manifest }))
    .sort((a, b) => a.name.localeCompare(b.name))
}
