/** What Node has beyond the web standards; each part may be missing. */
export interface Platform {
  readonly Buffer: typeof globalThis.Buffer | undefined
  readonly crc32: ((bytes: Uint8Array, initial?: number) => number) | undefined
  readonly inspect: typeof import('node:util').inspect | undefined
  /** Methods of Buffer, which work on every Uint8Array; without a Buffer per call. */
  readonly latin1Slice: Slice | undefined
  readonly utf8Slice: Slice | undefined
  readonly hexSlice: Slice | undefined
  readonly types: typeof import('node:util').types | undefined
  readonly isPooled: (buffer: ArrayBufferLike) => boolean
  /** Whether a view of a growable SharedArrayBuffer grows with it. */
  readonly tracks: ((view: ArrayBufferView) => boolean) | undefined
}

type Slice = (this: Uint8Array, start: number, end: number) => string
type GetBuiltin = typeof globalThis.process.getBuiltinModule

let found: Platform | undefined

/** Looked up at the first use, so that importing does no work. */
export function platform(): Platform {
  found ??= lookUp()
  return found
}

function lookUp(): Platform {
  const { process, Buffer } = globalThis as Partial<Pick<typeof globalThis, 'process' | 'Buffer'>>
  const builtin: GetBuiltin | undefined = process?.getBuiltinModule
  const crc32 = builtin?.('node:zlib')?.crc32
  return {
    Buffer,
    crc32: crc32 && ((bytes, initial = 0) => crc32(bytes, initial)),
    inspect: builtin?.('node:util')?.inspect,
    ...slices(Buffer),
    types: builtin?.('node:util')?.types,
    isPooled: pooled(builtin, Buffer),
    tracks: builtin && tracking(builtin),
  }
}

type Slices = Pick<Platform, 'latin1Slice' | 'utf8Slice' | 'hexSlice'>

function slices(NodeBuffer: typeof globalThis.Buffer | undefined): Slices {
  const { latin1Slice, utf8Slice, hexSlice } = (NodeBuffer?.prototype ?? {}) as unknown as Slices
  return { latin1Slice, utf8Slice, hexSlice }
}

// Node marks the pool from which it cuts small Buffers; its size differs between versions.
function pooled(
  builtin: GetBuiltin | undefined,
  NodeBuffer: typeof globalThis.Buffer | undefined,
): (buffer: ArrayBufferLike) => boolean {
  if (builtin === undefined || NodeBuffer === undefined) return () => false
  let isMarked: ((value: object) => boolean) | undefined
  return (buffer) => {
    isMarked ??= builtin('node:worker_threads').isMarkedAsUntransferable ?? (() => false)
    return isMarked(buffer)
  }
}

// V8 writes a view with flags at its end, of which the lowest says it; the memory of a shared buffer is not written.
function tracking(builtin: GetBuiltin): ((view: ArrayBufferView) => boolean) | undefined {
  return (view) => {
    const { Serializer } = builtin('node:v8')
    const serializer = new Serializer()
    Object.assign(serializer, { _getSharedArrayBufferId: () => 0 })
    serializer.writeValue(view)
    return ((serializer.releaseBuffer().at(-1) ?? 0) & 1) === 1
  }
}
