import type { EncryptJob, EncryptPeaks } from '../children/encrypt.ts'
import { runChild } from '../children/run-child.ts'
import { BASE, type Cipher, OURS, openCiphers, RAW } from '../contenders/ciphers.ts'
import { interleave, type Samples, type Turn } from '../harness.ts'
import { randomPayload } from '../payload.ts'
import { ratios, summarise } from '../statistics.ts'
import type { Suite } from '../suite.ts'
import { formatNumber, formatSize, formatTable } from '../table.ts'
import type { Target } from '../targets.ts'
import { measureRange } from './encrypt-range.ts'

const KB = 1024
const MB = KB * KB
const SIZES = [KB, 64 * KB, 16 * MB]
const OPERATIONS = ['encrypt', 'decrypt'] as const
/** About as long as each contender works per turn, in bytes and in calls. */
const TURN_BYTES = 32 * MB
const TURN_CALLS = 500
const CHILD = new URL('../children/encrypt.ts', import.meta.url)

/** At 1 KB; the rest at 16 MB and in the stream. Throughput relative to libsodium, and to node:crypto by hand. */
const ENCRYPT_LIMITS = { smallUs: 30, libsodium: 3, raw: 0.8, growthMiB: 32, rangeKiB: 64 } as const

type Operation = (typeof OPERATIONS)[number]

/** The codec against libsodium, against node:crypto by hand, and against age. */
export const encryptSuite: Suite = {
  name: 'encrypt',
  legend:
    'Encrypting and decrypting random bytes: microseconds of processor time per operation (medians, quartiles), less is better; "x libsodium" is how many times as fast as XChaCha20-Poly1305 of libsodium-wrappers in one call, more is better. raw: node:crypto in 16 KiB chunks with one key, joined. 512 MB (128 MB with --quick) as a stream of 64 KB pieces, each contender in a fresh process, its output dropped; libsodium in one call; memory in MiB. Last, 100 bytes out of its middle on local disk.',
  async run({ options, directory, print }) {
    const ciphers = await openCiphers()
    const rounds = { rounds: options.quick ? 3 : 9, warmUps: 1 }
    const targets: Target[] = []
    const figures: Record<string, unknown> = {}
    for (const size of SIZES) {
      const samples = await interleave(
        ciphers.map((cipher) => turnOf(cipher, size)),
        rounds,
      )
      print(formatWhole(formatSize(size), samples))
      figures[formatSize(size)] = figuresOf(samples)
      targets.push(...targetsOf(formatSize(size), size, samples))
    }
    const bytes = (options.quick ? 128 : 512) * MB
    const turns = ciphers.map(({ name }) => streamTurn({ contender: name, bytes }))
    const samples = await interleave(turns, { rounds: options.quick ? 1 : 3, warmUps: 0 })
    print(formatStreams(`${formatSize(bytes)} stream`, samples))
    figures['stream'] = figuresOf(samples)
    targets.push(...targetsOf(`${formatSize(bytes)} stream`, bytes, samples), ...memoryTargets(samples))
    const range = await measureRange(directory, bytes)
    print(
      `100 bytes of ${formatSize(bytes)} on local disk: ${range.bytes} bytes in ${range.reads} reads, ${formatNumber(range.us)} us`,
    )
    const what = `100 bytes of ${formatSize(bytes)}: bytes read`
    targets.push({ what, unit: 'KiB', measured: range.bytes / KB, limit: ENCRYPT_LIMITS.rangeKiB, bound: 'at most' })
    return { targets, figures: { ...figures, range } }
  },
}

function turnOf(cipher: Cipher, size: number): Turn {
  const message = randomPayload(size)
  const count = Math.max(1, Math.min(TURN_CALLS, Math.floor(TURN_BYTES / size)))
  return {
    name: cipher.name,
    async run() {
      const sealed = await cipher.encrypt(message)
      const opened = await cipher.decrypt(sealed)
      if (!Buffer.from(opened).equals(message)) throw new Error(`${cipher.name} gave back other bytes.`)
      const slow = cipher.name === 'age-encryption' ? Math.max(1, Math.floor(count / 10)) : count
      const encrypt = await processorTime(slow, () => cipher.encrypt(message))
      // What encrypting left behind is not to be collected on decrypting's time.
      globalThis.gc?.()
      return { encrypt, decrypt: await processorTime(slow, () => cipher.decrypt(sealed)) }
    },
  }
}

/** Microseconds of processor time per call: other programs on the machine hardly change it. */
async function processorTime(count: number, work: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  for (let index = 0; index < count; index++) await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

function streamTurn(job: EncryptJob): Turn {
  return {
    name: job.contender,
    async run() {
      const { encrypt, decrypt } = await runChild<EncryptPeaks>(CHILD, job)
      return {
        encrypt: encrypt.cpuMs * 1000,
        decrypt: decrypt.cpuMs * 1000,
        'encrypt: growth': encrypt.growth / MB,
        'decrypt: growth': decrypt.growth / MB,
      }
    },
  }
}

/** How many times as fast as another contender in the same rounds. */
function speed(samples: Samples, name: string, base: string, operation: Operation): number {
  return ratios(samples.of(base, operation), samples.of(name, operation)).median
}

function growth(samples: Samples, name: string, operation: Operation): number {
  return Math.max(...samples.of(name, `${operation}: growth`))
}

function cells(samples: Samples, name: string, operation: Operation): readonly string[] {
  const { median, low, high } = summarise(samples.of(name, operation))
  const ratio = speed(samples, name, BASE, operation).toFixed(2)
  return [formatNumber(median), `${formatNumber(low)}-${formatNumber(high)}`, ratio]
}

function formatWhole(title: string, samples: Samples): string {
  const head = [title, ...OPERATIONS.flatMap((operation) => [operation, 'quartiles', 'x libsodium'])]
  const rows = samples.names.map((name) => [name, ...OPERATIONS.flatMap((each) => cells(samples, name, each))])
  return formatTable(head, rows)
}

function formatStreams(title: string, samples: Samples): string {
  const head = [title, ...OPERATIONS.flatMap((operation) => [operation, 'quartiles', 'x libsodium', 'memory'])]
  const row = (name: string): readonly string[] => [
    name,
    ...OPERATIONS.flatMap((each) => [...cells(samples, name, each), formatNumber(growth(samples, name, each))]),
  ]
  return formatTable(head, samples.names.map(row))
}

function figuresOf(samples: Samples): unknown {
  return samples.names.flatMap((name) =>
    OPERATIONS.map((operation) => ({
      name,
      operation,
      microseconds: summarise(samples.of(name, operation)),
      toLibsodium: speed(samples, name, BASE, operation),
    })),
  )
}

function targetsOf(title: string, size: number, samples: Samples): readonly Target[] {
  const { smallUs, libsodium, raw } = ENCRYPT_LIMITS
  if (size === 64 * KB) return []
  return OPERATIONS.flatMap((operation): readonly Target[] => {
    const what = `${title}: ${operation}`
    const { median } = summarise(samples.of(OURS.chacha20, operation))
    if (size === KB) return [{ what, unit: 'us', measured: median, limit: smallUs, bound: 'at most' }]
    const faster = speed(samples, OURS.chacha20, BASE, operation)
    const toRaw = (suite: keyof typeof OURS): Target => ({
      what: suite === 'aes' ? `${what}, aes-256-gcm` : what,
      unit: 'x raw node:crypto',
      measured: speed(samples, OURS[suite], RAW[suite], operation),
      limit: raw,
      bound: 'at least',
    })
    const toBase: Target = { what, unit: 'x libsodium', measured: faster, limit: libsodium, bound: 'at least' }
    return [toBase, toRaw('chacha20'), toRaw('aes')]
  })
}

function memoryTargets(samples: Samples): readonly Target[] {
  return OPERATIONS.map((operation) => ({
    what: `stream: ${operation}: memory`,
    unit: 'MiB',
    measured: growth(samples, OURS.chacha20, operation),
    limit: ENCRYPT_LIMITS.growthMiB,
    bound: 'at most',
  }))
}
