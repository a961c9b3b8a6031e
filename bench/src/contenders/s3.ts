import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { AwsS3StorageAdapter } from '@flystorage/aws-s3'
import { FileStorage } from '@flystorage/file-storage'
import { createStorage } from 'unstorage'
import s3Driver from 'unstorage/drivers/s3'
import { s3Result } from '../../../packages/storage/s3/src/index.ts'

/** Where all contenders work. */
export interface S3Place {
  readonly url: string
  readonly bucket: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Bytes under a key, as users of each library would call it. */
export interface S3Store {
  write(key: string, bytes: Uint8Array): Promise<unknown>
  read(key: string): Promise<Uint8Array>
  exists(key: string): Promise<boolean>
  /** Reads what is not there. */
  miss(key: string): Promise<unknown>
  /** Writes if nothing is there; `undefined` where the library cannot say that. */
  readonly create: ((key: string, bytes: Uint8Array) => Promise<unknown>) | undefined
  remove(key: string): Promise<unknown>
}

/** Somebody who keeps bytes in S3. */
export interface S3Contender {
  readonly name: string
  readonly promises: string
  open(place: S3Place): S3Store
}

function clientOf({ url, region, accessKeyId, secretAccessKey }: S3Place): S3Client {
  return new S3Client({ endpoint: url, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } })
}

/** One command each, of a client as its documentation makes it. */
export const s3Raw: S3Contender = {
  name: 'raw SDK',
  promises: '-',
  open(place): S3Store {
    const client = clientOf(place)
    const Bucket = place.bucket
    const get = async (Key: string): Promise<Uint8Array> => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
      return (await Body?.transformToByteArray()) ?? new Uint8Array()
    }
    return {
      write: (Key, Body) => client.send(new PutObjectCommand({ Bucket, Key, Body })),
      read: get,
      exists: async (Key) => (await client.send(new HeadObjectCommand({ Bucket, Key }))).$metadata.attempts === 1,
      miss: (Key) => get(Key).catch((error: Error) => expectName(error, 'NoSuchKey')),
      create: (Key, Body) => client.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: '*' })),
      remove: (Key) => client.send(new DeleteObjectCommand({ Bucket, Key })),
    }
  },
}

/** A record with its digest, checked when it is read. */
export const s3Resultkit: S3Contender = {
  name: 'resultkit',
  promises: 'verified, conditions, retries',
  open(place): S3Store {
    const { url: endpoint, bucket, region, accessKeyId, secretAccessKey } = place
    const credentials = { accessKeyId, secretAccessKey }
    const result = s3Result({ endpoint, bucket, region, credentials, serializer: 'bytes', location: '{name}' })
    return {
      write: (name, bytes) => result.write(bytes, { name }),
      read: async (name) => (await result.read({ name })) as Uint8Array,
      exists: (name) => result.exists({ name }),
      miss: async (name) => {
        const { status } = await result.find({ name })
        if (status !== 'miss') throw new Error(`${status} instead of a miss.`)
      },
      create: (name, bytes) => result.write(bytes, { name }, { ifAbsent: true }),
      remove: (name) => result.delete({ name }),
    }
  },
}

const s3Flystorage: S3Contender = {
  name: 'flystorage',
  promises: '-',
  open(place): S3Store {
    const storage = new FileStorage(new AwsS3StorageAdapter(clientOf(place) as never, { bucket: place.bucket }))
    return {
      write: (key, bytes) => storage.write(key, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
      read: (key) => storage.readToUint8Array(key),
      exists: (key) => storage.fileExists(key),
      miss: (key) => storage.readToUint8Array(key).catch(() => undefined),
      create: undefined,
      remove: (key) => storage.deleteFile(key),
    }
  },
}

const s3Unstorage: S3Contender = {
  name: 'unstorage',
  promises: '-',
  open({ url: endpoint, bucket, region, accessKeyId, secretAccessKey }): S3Store {
    const storage = createStorage({ driver: s3Driver({ endpoint, bucket, region, accessKeyId, secretAccessKey }) })
    return {
      write: (key, bytes) => storage.setItemRaw(key, bytes),
      read: async (key) => new Uint8Array((await storage.getItemRaw(key)) as ArrayBuffer),
      exists: (key) => storage.hasItem(key),
      miss: (key) => storage.getItemRaw(key),
      create: undefined,
      remove: (key) => storage.removeItem(key),
    }
  },
}

export const S3_CONTENDERS: readonly S3Contender[] = [s3Raw, s3Resultkit, s3Flystorage, s3Unstorage]

function expectName(error: Error, name: string): void {
  if (error.name !== name) throw error
}
