/**
 * Bundles the package in the working directory: one module instead of dozens, because Node spends about half a
 * millisecond on each file that it imports. Everything from outside stays an import. Types come from `tsc -b`.
 */
import { globSync } from 'node:fs'
import { build } from 'esbuild'

await build({
  entryPoints: ['src/index.ts', ...globSync('src/hash/*.ts')],
  outbase: 'src',
  outdir: 'dist',
  bundle: true,
  packages: 'external',
  external: ['#*'],
  format: 'esm',
  platform: 'neutral',
  target: 'es2024',
  // What a stack trace shows is mapped; names stay as they are.
  minifyWhitespace: true,
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
})
