/** An `AbortSignal` that never fires and says how many listeners are on it. */
export function countedSignal(): { readonly signal: AbortSignal; listeners(): number } {
  const { signal } = new AbortController()
  const listeners = new Set<unknown>()
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  Object.defineProperties(signal, {
    addEventListener: {
      value: (...given: Parameters<AbortSignal['addEventListener']>) => {
        listeners.add(given[1])
        add(...given)
      },
    },
    removeEventListener: {
      value: (...given: Parameters<AbortSignal['removeEventListener']>) => {
        listeners.delete(given[1])
        remove(...given)
      },
    },
  })
  return { signal, listeners: () => listeners.size }
}
