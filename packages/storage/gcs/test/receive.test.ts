import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { gcsStorage } from '../src/index.ts'
import { key, pattern, put, reading, storageOn, useServer } from './support.ts'

const server = useServer()
const MIB = 1024 * 1024

async function piecesOf(size: number): Promise<Uint8Array[]> {
  const storage = storageOn(server.current)
  const bytes = pattern(size)
  await put(storage, 'a', bytes)
  const pieces = await Array.fromAsync((await storage.read(key('a'), reading()))?.stream() ?? [])
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true)
  return pieces
}

describe('a stream of an object', () => {
  test.each([1, 300_000, 8 * MIB])('of %i bytes is views of one array, one behind the other', async (size) => {
    let at = 0
    for (const { buffer, byteOffset, byteLength } of await piecesOf(size)) {
      expect({ size: buffer.byteLength, byteOffset }).toEqual({ size, byteOffset: at })
      at += byteLength
    }
  })

  test('of more than 8 MiB lies nowhere as a whole', async () => {
    for (const { buffer } of await piecesOf(8 * MIB + 1)) expect(buffer.byteLength).toBeLessThan(MIB)
  })

  test('does not run ahead of a slow consumer', async () => {
    let socket: Socket | undefined
    const http = createServer((_request, response) => {
      socket = response.socket ?? undefined
      response.writeHead(200, { 'content-length': 256 * MIB, 'x-goog-generation': '1' })
      const fill = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(MIB)));
      }
      response.on('drain', fill)
      fill()
    }).listen(0, '127.0.0.1')
    await once(http, 'listening')
    const apiEndpoint = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
    const object = await gcsStorage({ apiEndpoint, bucket: 'bucket' }).read(key('a'), reading())
    const stream = object?.stream()[Symbol.asyncIterator]()
    await stream?.next()
    let before = -1
    while (socket?.bytesWritten !== before) {
      before = socket?.bytesWritten ?? 0
      await setTimeout(50)
    }
    // What the sockets hold.
    expect(before).toBeLessThan(32 * MIB)
    await stream?.return?.()
    http.close().closeAllConnections()
  })
})
