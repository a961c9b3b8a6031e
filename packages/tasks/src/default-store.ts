import {
  createResultStore,
  type ResultStorage,
  type ResultStore,
  type ResultStoreOptions,
  type Seal,
  type Serializer,
} from '@resultkit/core'
import { taskError } from './failure.ts'

let opened: Promise<ResultStore<Seal>> | undefined

/**
 * The store of runs that are given none: the slug `local` for `.resultkit/results` in the working directory
 * (`RESULTKIT_HOME` replaces `.resultkit`), with pickle. Another process with the same directory resolves its references.
 * Errors: CONFIG when @resultkit/local or @resultkit/pickle is not installed, or RESULTKIT_DEFAULT_STORAGE names another storage.
 */
export function defaultStore(): Promise<ResultStore<Seal>> {
  opened ??= open().catch((error: unknown) => {
    opened = undefined
    throw error
  })
  return opened
}

async function open(): Promise<ResultStore<Seal>> {
  const wanted = process.env['RESULTKIT_DEFAULT_STORAGE']
  if (wanted !== undefined && wanted !== '' && wanted !== 'local') {
    const message = `RESULTKIT_DEFAULT_STORAGE names the storage "${wanted}", and without a store there is only "local". Give flow or withRuntime a store that has it.`
    throw taskError('CONFIG', 'configure', message)
  }
  return createResultStore<Seal>(await withPickle({ storages: { local: await localStorageOf() } }))
}

/** Options of a store, with pickle among the serializers where it is the default and installed. */
export async function withPickle(options: ResultStoreOptions): Promise<ResultStoreOptions> {
  const { serializers = [], defaults } = options
  if (defaults?.serializer !== undefined || serializers.some(({ name }) => name === 'pickle')) return options
  const found = await pickleSerializer()
  return found === undefined ? options : { ...options, serializers: [...serializers, found] }
}

async function localStorageOf(): Promise<ResultStorage> {
  const { fileStorage } = await import('@resultkit/local').catch((cause: unknown) => {
    throw missing('@resultkit/local', 'Results go to a local directory unless a store is given', cause)
  })
  return fileStorage()
}

/** pickle, where it is installed: who needs it and does not have it is told then. */
async function pickleSerializer(): Promise<Serializer | undefined> {
  const found = (await import('@resultkit/pickle').catch(() => undefined)) as PickleModule | undefined
  return found?.pickle?.()
}

interface PickleModule {
  readonly pickle?: () => Serializer
}

/** CONFIG for a default whose package is not there. */
export function missing(name: string, why: string, cause?: unknown): Error {
  return taskError('CONFIG', 'configure', `${why}, and ${name} is not installed. Run: npm install ${name}`, { cause })
}
