import type { Engine } from './engine.ts'
import type { PayloadKeys } from './payload-keys.ts'
import type { SuiteParameters } from './suite.ts'

/** Options after they were checked. */
export interface PayloadSettings {
  readonly keyring: PayloadKeys
  readonly suite: SuiteParameters
  readonly padded: boolean
  readonly namespace: string
  readonly engine: () => Promise<Engine>
}

const known = new WeakMap<object, PayloadSettings>()

/** Keeps a codec's settings where only this package finds them. */
export function registerSettings(codec: object, settings: PayloadSettings): void {
  known.set(codec, settings)
}

/** The settings of what `encrypt()` made; `undefined` for any other codec. */
export function settingsOf(codec: object): PayloadSettings | undefined {
  return known.get(codec)
}
