import type { BigIntStats } from 'node:fs'
import type { ObjectStat } from '@resultkit/core'
import type { Disk, Maybe } from './disk.ts'

/**
 * The version of a file. Publishing makes a new inode; its number may come back, hence the times. The time of
 * change is left out: a hard link changes it.
 */
export function etagOf(stats: BigIntStats): string {
  return `${stats.ino}-${stats.size}-${stats.mtimeNs}-${stats.birthtimeNs}`
}

/** What `stat` says of a file. */
export function objectStat(key: string, stats: BigIntStats): ObjectStat {
  return {
    key,
    size: Number(stats.size),
    lastModified: new Date(Number(stats.mtimeMs)),
    etag: etagOf(stats),
    writeId: undefined,
  }
}

/**
 * Gives a file a modification time of now with random digits below the millisecond. The kernel's own clock ticks
 * every few milliseconds: two versions within a tick that got the same inode number would have one etag.
 */
export function stampVersion(disk: Disk, fd: number): Maybe<void> {
  const now = (Date.now() + Math.random()) / 1000
  return disk.futimes(fd, now, now)
}
