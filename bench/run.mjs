// Installs the peers when the lockfile is newer than what is installed, then runs the benchmark on the repository's own
// Node against the workspace's sources, so that no published copy is measured.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'

const bench = import.meta.dirname
const lockfile = join(bench, 'package-lock.json')
const installed = join(bench, 'node_modules', '.package-lock.json')

function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { cwd: bench, stdio: 'inherit', ...options })
  if (error) throw error
  if (signal) process.kill(process.pid, signal)
  if (status !== 0) process.exit(status ?? 1)
}

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lockfile).mtimeMs) {
  console.log('bench: installing the peers (npm ci)')
  run('npm', ['ci'], { shell: process.platform === 'win32' })
}

const own = join(bench, '..', 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
const node = existsSync(own) ? own : process.execPath
const args = ['--expose-gc', '--conditions=resultkit:source', '--disable-warning=ExperimentalWarning']
run(node, [...args, join(bench, 'src', 'main.ts'), ...process.argv.slice(2)], { cwd: process.cwd() })
