export { cbor } from './cbor.ts'
export type { CborLoss, CborOptions } from './options.ts'
