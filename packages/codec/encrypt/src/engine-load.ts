import type { Engine } from './engine.ts'
import { nodeEngine } from './engine-node.ts'
import { sodiumEngine } from './engine-sodium.ts'
import { loadSodium } from './sodium.ts'

let loaded: Promise<Engine> | undefined

/**
 * The engine of this process: `node:crypto` where it is present, else libsodium. Presence decides, without a probe: in
 * Node it is the faster one from 2 KB on, and no slower that matters below.
 */
export function loadEngine(): Promise<Engine> {
  loaded ??= Promise.resolve(nodeEngine() ?? loadSodium().then(sodiumEngine))
  return loaded
}
