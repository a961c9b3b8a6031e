import type { Engine } from './engine.ts'
import { mixedEngine } from './engine-mixed.ts'
import { nodeEngine } from './engine-node.ts'
import { sodiumEngine } from './engine-sodium.ts'
import { loadSodium } from './sodium.ts'

let loaded: Promise<Engine> | undefined

/** The engine of this process: `node:crypto` where it is present, and libsodium. Presence decides; nothing is tried out. */
export function loadEngine(): Promise<Engine> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<Engine> {
  const node = nodeEngine()
  const sodium = sodiumEngine(await loadSodium())
  return node === undefined ? sodium : mixedEngine(node, sodium)
}
