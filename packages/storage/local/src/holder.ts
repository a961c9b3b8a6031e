import { readFileSync, readlinkSync } from 'node:fs'
import { errnoOf } from './disk.ts'

/** Who made a lock: this process, in this boot of this machine. */
export interface Holder {
  readonly pid: number
  /** When the process started, in clock ticks since boot; empty where the system does not say. */
  readonly started: string
  readonly boot: string
  readonly host: string
  /** Process ids are counted per namespace: containers may share the host's name and not its ids. */
  readonly namespace: string
  /** Names this one acquisition; 16 letters, digits, `-` or `_`. */
  readonly token: string
}

type Process = Omit<Holder, 'token'>

const FIELDS = ['started', 'boot', 'host', 'namespace', 'token'] as const

let own: Process | undefined

/** This process, with a new token. */
export function newHolder(): Holder {
  return { ...thisProcess(), token: Buffer.from(crypto.getRandomValues(new Uint8Array(12))).toString('base64url') }
}

function thisProcess(): Process {
  own ??= {
    pid: process.pid,
    started: processState(process.pid)?.started ?? '',
    boot: attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) ?? '',
    host: process.getBuiltinModule('node:os').hostname(),
    namespace: attempt(() => readlinkSync('/proc/self/ns/pid')) ?? '',
  }
  return own
}

/** The content of a lock file. */
export function formatHolder(holder: Holder): string {
  return `${JSON.stringify(holder)}\n`
}

/** What a lock file says; `undefined` when it is not complete. */
export function parseHolder(text: string): Holder | undefined {
  const holder = attempt(() => JSON.parse(text) as Partial<Holder> | null)
  if (!holder || !Number.isSafeInteger(holder.pid)) return undefined
  if (!FIELDS.every((name) => typeof holder[name] === 'string')) return undefined
  return /^[\w-]{16}$/.test(holder.token ?? '') ? (holder as Holder) : undefined
}

/** `dead` only when it is certain; a process of another host or namespace cannot be judged from here. */
export function judge(holder: Holder): 'alive' | 'dead' | 'unknown' {
  const me = thisProcess()
  if (holder.host !== me.host) return 'unknown'
  if (holder.boot !== me.boot) return holder.boot === '' || me.boot === '' ? 'unknown' : 'dead'
  if (holder.namespace !== me.namespace) return 'unknown'
  if (!exists(holder.pid)) return 'dead'
  const state = processState(holder.pid)
  if (state === undefined || holder.started === '') return 'alive'
  return state.ended || state.started !== holder.started ? 'dead' : 'alive'
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return errnoOf(error) !== 'ESRCH'
  }
}

function processState(pid: number): { readonly started: string; readonly ended: boolean } | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  // The name in the second field may hold anything, also parentheses and spaces.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state] = fields ?? []
  const threads = fields?.[17]
  const started = fields?.[19]
  if (started === undefined) return undefined
  // A killed process is a zombie until its parent asks; its other threads may be in a last system call.
  return { started, ended: (state === 'Z' || state === 'X') && Number(threads) <= 1 }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
