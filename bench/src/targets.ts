import { formatNumber, formatTable } from './table.ts'

/** A promise about a figure. */
export interface Target {
  /** What is measured: `1 KB, 1 caller: write`. */
  readonly what: string
  /** What the figure is relative to, or its unit: `x raw`, `ms`. */
  readonly unit: string
  readonly measured: number
  readonly limit: number
  readonly bound: 'at most' | 'at least'
}

/** A limit on the time of one operation relative to the raw calls. */
export type Limits = Readonly<Partial<Record<'write' | 'read' | 'exists', number>>>

/** Time relative to raw fs/promises, by size in bytes and callers. */
export const RAW_LIMITS: readonly { readonly size: number; readonly callers: number; readonly limits: Limits }[] = [
  { size: 1024, callers: 1, limits: { write: 0.4, read: 0.3, exists: 0.3 } },
  { size: 1024, callers: 16, limits: { write: 0.9, read: 0.6, exists: 0.6 } },
  { size: 100 * 1024, callers: 1, limits: { write: 1.1, read: 1.0 } },
  { size: 1024 * 1024, callers: 1, limits: { write: 1.6, read: 1.6 } },
]

/** The same for 5,000 objects of 1 KB. */
export const MANY_LIMITS: Limits = { write: 0.9, read: 0.6, exists: 0.6 }

/** Time relative to peers with one caller; of several peers, relative to the fastest at each operation. */
export const PEER_LIMITS: readonly {
  readonly size: number
  readonly peers: readonly string[]
  readonly limits: Limits
}[] = [
  { size: 1024, peers: ['unstorage', 'flystorage', 'flydrive'], limits: { write: 0.35, read: 0.35 } },
  { size: 1024 * 1024, peers: ['unstorage', 'flystorage', 'flydrive'], limits: { write: 1.8, read: 1.8 } },
  { size: 1024 * 1024, peers: ['files-sdk'], limits: { write: 0.75, read: 0.75 } },
  { size: 1024 * 1024, peers: ['cacache'], limits: { write: 0.4, read: 0.4 } },
]

/** Listing 5,000 objects, in milliseconds. */
export const LIST_LIMIT_MS = 30
/** Throughput of a stream relative to the bare floor. */
export const STREAM_FLOOR = 0.85
/** How far memory may grow while a stream is written or read, in MiB. */
export const STREAM_GROWTH_MIB = { write: 32, read: 80 } as const
/** What importing core and local adds to the start of a process, in milliseconds. */
export const IMPORT_LIMIT_MS = 8

export function isMet({ measured, limit, bound }: Target): boolean {
  return bound === 'at most' ? measured <= limit : measured >= limit
}

/** The targets of a suite beside what was measured. */
export function formatTargets(targets: readonly Target[]): string {
  const rows = targets.map((target) => [
    target.what,
    formatNumber(target.measured),
    target.bound,
    formatNumber(target.limit),
    target.unit,
    isMet(target) ? 'ok' : 'SHORT',
  ])
  return formatTable(['target', 'measured', '', 'limit', 'unit', ''], rows)
}

/** The closing line, with those that fell short. */
export function summariseTargets(targets: readonly Target[]): string {
  const short = targets.filter((target) => !isMet(target))
  const list = short.map(
    ({ what, measured, bound, limit, unit }) =>
      `\n  short: ${what}: ${formatNumber(measured)}, ${bound} ${formatNumber(limit)} ${unit}`,
  )
  return `${targets.length - short.length} targets met, ${short.length} short${list.join('')}`
}
