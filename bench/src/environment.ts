import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync } from 'node:fs'
import { availableParallelism, cpus, platform, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'

const SHARED_MEMORY = '/dev/shm'

/** What the figures were measured on. */
export interface Machine {
  readonly date: string
  readonly node: string
  readonly system: string
  readonly processor: string
  readonly processors: number
  readonly memoryGiB: number
  readonly fileSystem: string
}

/** A directory of its own for this run: below the given one, or in memory where that is possible. */
export function makeDirectory(given: string | undefined): string {
  const base = given ?? (existsSync(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir())
  mkdirSync(base, { recursive: true })
  return mkdtempSync(join(realpathSync(base), 'resultkit-bench-'))
}

export function describeMachine(directory: string): Machine {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    system: `${platform()} ${release().split('-')[0]}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    processors: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    fileSystem: fileSystemOf(directory),
  }
}

export function formatMachine(machine: Machine): string {
  const { date, node, system, processor, processors, memoryGiB, fileSystem } = machine
  return `${date}, Node ${node.slice(1)}, ${system}, ${processors} x ${processor}, ${memoryGiB} GiB, files on ${fileSystem}`
}

/** The type of the file system, by the innermost mount that holds the directory; Linux only. */
function fileSystemOf(directory: string): string {
  let found = { point: '', type: 'an unknown file system' }
  try {
    for (const line of readFileSync('/proc/self/mounts', 'utf8').split('\n')) {
      const [, point, type] = line.split(' ')
      if (point === undefined || type === undefined || point.length < found.point.length) continue
      if (directory === point || directory.startsWith(point === '/' ? point : `${point}/`)) found = { point, type }
    }
  } catch {
    // Not Linux.
  }
  return found.point === '' ? found.type : `${found.type} (${found.point})`
}
