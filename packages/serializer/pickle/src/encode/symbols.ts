import { TAG } from '../tags.ts'
import { UNDEFINED, writeHead, writeSimple, writeTag } from '../writer.ts'
import { type Encoding, refuse } from './encoding.ts'
import { writeString } from './strings.ts'

/** Why a symbol is refused. */
export const LOCAL_SYMBOL = 'symbol: only those of Symbol.for and of the language exist in other processes'

/** A symbol that other processes have too: registered by `Symbol.for`, or one of the language. */
export function writeSymbol(encoding: Encoding, symbol: symbol): void {
  const { writer, strings, settings } = encoding
  const name = symbolName(symbol)
  if (name === undefined) {
    if (settings.lossy.has('functions')) writeSimple(writer, UNDEFINED)
    else refuse(encoding, LOCAL_SYMBOL)
    return
  }
  writeTag(writer, TAG.symbol)
  if (Symbol.keyFor(symbol) === undefined) writeHead(writer, 0x80, 1)
  writeString(strings, writer, name)
}

/** The key of a registered symbol, or the name of one of the language; `undefined` of any other. */
export function symbolName(symbol: symbol): string | undefined {
  return Symbol.keyFor(symbol) ?? wellKnownName(symbol)
}

function wellKnownName(symbol: symbol): string | undefined {
  const symbols = Symbol as unknown as Readonly<Record<string, unknown>>
  return Object.getOwnPropertyNames(Symbol).find((name) => symbols[name] === symbol)
}

/** Whether `lossy: ['functions']` makes a value undefined. */
export function isLost(value: unknown): boolean {
  return typeof value === 'function' || (typeof value === 'symbol' && symbolName(value) === undefined)
}
