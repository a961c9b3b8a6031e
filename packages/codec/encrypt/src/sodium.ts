/** libsodium, ready for use (https://doc.libsodium.org). */
export type Sodium = typeof import('libsodium-wrappers')['default']

let loading: Promise<Sodium> | undefined

/** Loads libsodium at the first call; later calls share it. */
export function loadSodium(): Promise<Sodium> {
  loading ??= load()
  return loading
}

async function load(): Promise<Sodium> {
  const { default: sodium } = await import('libsodium-wrappers')
  await sodium.ready
  return sodium
}
