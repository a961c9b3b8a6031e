export { msgpack } from './msgpack.ts'
export type { MsgpackLoss, MsgpackOptions } from './options.ts'
