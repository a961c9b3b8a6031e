import { cacacheContender } from './cacache.ts'
import type { Contender } from './contender.ts'
import { filesSdk } from './files-sdk.ts'
import { floor } from './floor.ts'
import { flydrive } from './flydrive.ts'
import { flystorage } from './flystorage.ts'
import { overlapped } from './overlapped.ts'
import { raw } from './raw.ts'
import { resultkit, resultkitJson, resultkitPlain } from './resultkit.ts'
import { unstorage } from './unstorage.ts'

/** Everyone who keeps bytes in local files. */
export const CONTENDERS: readonly Contender[] = [
  raw,
  floor,
  overlapped,
  resultkit,
  resultkitPlain,
  resultkitJson,
  cacacheContender,
  unstorage,
  flystorage,
  flydrive,
  filesSdk,
]

export { overlapped, raw, resultkit, resultkitJson }
