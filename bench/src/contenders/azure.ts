import type { Readable } from 'node:stream'
import { ContainerClient } from '@azure/storage-blob'
import { Files } from 'files-sdk'
import { azure } from 'files-sdk/azure'
import { createStorage } from 'unstorage'
import azureDriver from 'unstorage/drivers/azure-storage-blob'
import { azureResult } from '../../../packages/storage/azure/src/index.ts'

/** Where all contenders work. */
export interface AzurePlace {
  readonly connectionString: string
  readonly container: string
}

/** Bytes under a key, as users of each library would call it. */
export interface AzureStore {
  write(key: string, bytes: Uint8Array): Promise<unknown>
  read(key: string): Promise<Uint8Array>
  remove(key: string): Promise<unknown>
}

/** Somebody who keeps bytes in Azure. */
export interface AzureContender {
  readonly name: string
  readonly promises: string
  open(place: AzurePlace): AzureStore
}

/** One `upload`; one `download` whose pieces are put together. */
export const azureRaw: AzureContender = {
  name: 'raw SDK',
  promises: '-',
  open({ connectionString, container }): AzureStore {
    const client = new ContainerClient(connectionString, container)
    return {
      write: (key, bytes) => client.getBlockBlobClient(key).upload(bytes, bytes.byteLength),
      read: async (key) => collect((await client.getBlobClient(key).download()).readableStreamBody as Readable),
      remove: (key) => client.deleteBlob(key),
    }
  },
}

/** A record with its digest, checked when it is read. */
export const azureResultkit: AzureContender = {
  name: 'resultkit',
  promises: 'verified, conditions, retries',
  open(place): AzureStore {
    const result = azureResult({ ...place, serializer: 'bytes', location: '{name}' })
    return {
      write: (key, bytes) => result.write(bytes, { name: key }),
      read: async (key) => (await result.read({ name: key })) as Uint8Array,
      remove: (key) => result.delete({ name: key }),
    }
  },
}

const azureFiles: AzureContender = {
  name: 'files-sdk',
  promises: '-',
  open(place): AzureStore {
    const files = new Files({ adapter: azure(place) })
    return {
      write: (key, bytes) => files.upload(key, bytes as Uint8Array<ArrayBuffer>),
      read: async (key) => new Uint8Array(await (await files.download(key)).arrayBuffer()),
      remove: (key) => files.delete(key),
    }
  },
}

const azureUnstorage: AzureContender = {
  name: 'unstorage',
  promises: '-',
  open({ connectionString, container }): AzureStore {
    const storage = createStorage({ driver: azureDriver({ connectionString, containerName: container }) })
    return {
      write: (key, bytes) => storage.setItemRaw(key, bytes),
      read: async (key) => (await storage.getItemRaw(key)) as Uint8Array,
      remove: (key) => storage.removeItem(key),
    }
  },
}

export const AZURE_CONTENDERS: readonly AzureContender[] = [azureRaw, azureResultkit, azureFiles, azureUnstorage]

async function collect(body: Readable): Promise<Uint8Array> {
  const pieces: Buffer[] = []
  for await (const piece of body) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}
