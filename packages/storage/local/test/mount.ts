import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { temporaryDirectory } from './support.ts'

/** Why no file system can be mounted here; `undefined` when it can. */
export const cannotMount: string | undefined = (() => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux may mount'
  const directory = fs.mkdtempSync('/tmp/resultkit-mount-')
  try {
    mount(directory, 'size=64k')
    execFileSync('umount', [directory])
    return undefined
  } catch {
    return 'mount is not permitted'
  } finally {
    fs.rmdirSync(directory)
  }
})()

/** A new directory on a file system of its own, of so many bytes; gone when the test ends. */
export function smallDisk(size: string): string {
  const directory = path.join(temporaryDirectory(), 'ward-nine')
  fs.mkdirSync(directory)
  mount(directory, `size=${size}`)
  onTestFinished(() => void execFileSync('umount', [directory]))
  return directory
}

function mount(directory: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory], { stdio: 'ignore' })
}
