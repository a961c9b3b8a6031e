/** Texts that must not leave, by what they are. At least 8 characters each, so that none is found by chance. */
export type Secrets = Readonly<Record<string, string>>

/** How something is printed where the program runs, such as `inspect` of `node:util`. */
export type Printer = (subject: unknown) => string

const OWN_PRINTERS: readonly Printer[] = [
  (subject) => String(subject),
  (subject) => (subject instanceof Error ? `${subject.message}\n${subject.stack}` : ''),
  (subject) => JSON.stringify(subject) ?? '',
  (subject) => JSON.stringify(typeof subject === 'object' && subject !== null ? Object.entries(subject) : []),
  (subject) => (subject instanceof Uint8Array ? latin1(subject) : ''),
]

/**
 * Prints a subject in every way, and names the secrets that show: as they are, percent-encoded, as hex, as base64 or base64url
 * wherever they begin, or as the numbers of a typed array.
 */
export function findLeaks(subject: unknown, secrets: Secrets, printers: readonly Printer[] = []): readonly string[] {
  const printed = [...OWN_PRINTERS, ...printers].map((print) => print(subject))
  // As inspect and JSON print typed arrays.
  const joined = printed.map((text) => text.replaceAll(/,\s+/g, ',').replaceAll(/"\d+":/g, ''))
  const leaks = Object.entries(secrets).flatMap(([name, secret]) =>
    formsOf(secret)
      .filter(([, form]) => [...printed, ...joined].some((text) => text.includes(form)))
      .map(([kind]) => `${name} as ${kind}`),
  )
  return leaks
}

function formsOf(secret: string): readonly (readonly [kind: string, form: string])[] {
  const bytes = new TextEncoder().encode(secret)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  const base64 = [0, 1, 2].map((shift) => base64At(bytes, shift))
  return [
    ['text', secret],
    ['percent-encoded text', encodeURIComponent(secret)],
    ['hex', hex],
    ['numbers', bytes.join(',')],
    ...base64.map((text) => ['base64', text] as const),
    ...base64.map((text) => ['base64url', text.replaceAll('+', '-').replaceAll('/', '_')] as const),
  ]
}

/** The characters of base64 that depend on these bytes alone, when others stand before and behind them. */
function base64At(bytes: Uint8Array, shift: number): string {
  const padded = new Uint8Array(shift + bytes.byteLength)
  padded.set(bytes, shift)
  const text = btoa(latin1(padded)).replace(/=+$/, '')
  return text.slice(Math.ceil((shift * 4) / 3), Math.floor((padded.byteLength * 4) / 3))
}

function latin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}
