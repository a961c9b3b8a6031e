import { describe, expect, it } from 'vitest'
import { testServer } from './server.ts'
import { entries, errorOf, MIB, newPrefix, open, pattern, pieces, put, remove, stat, text } from './support.ts'

const server = await testServer()
const { faults } = server

describe('a server that is silent', () => {
  it.each(['GetObject', 'PutObject', 'HeadObject', 'DeleteObject', 'ListObjectsV2'])('%s is TIMEOUT', async (name) => {
    const storage = server.storage({ idleTimeout: 100, retry: false })
    faults.add({ kind: 'hang' }, { operation: name })
    const attempts: Record<string, () => Promise<unknown>> = {
      GetObject: () => text(storage, 'key'),
      PutObject: () => put(storage, 'key', 'value'),
      HeadObject: () => stat(storage, 'key'),
      DeleteObject: () => remove(storage, 'key'),
      ListObjectsV2: () => entries(storage),
    }
    expect(await errorOf((attempts[name] as () => Promise<unknown>)())).toMatchObject({
      code: 'TIMEOUT',
      retryable: true,
    })
  })

  it('is asked again', async () => {
    const prefix = newPrefix()
    await put(server.storage({ prefix }), 'key', 'value')
    faults.add({ kind: 'hang' }, { operation: 'GetObject' })
    expect(await text(server.storage({ prefix, idleTimeout: 1000 }), 'key')).toBe('value')
  })

  it('is not confused with a consumer that is slow', async () => {
    const prefix = newPrefix()
    const all = pattern(4 * MIB)
    await put(server.storage({ prefix }), 'key', all)
    // As long as a busy server may need for its answer.
    const idleTimeout = 2000
    const object = await open(server.storage({ prefix, idleTimeout, retry: false }), 'key')
    let received = 0
    for await (const piece of object?.stream() ?? []) {
      if (received === 0) await new Promise((resolve) => setTimeout(resolve, idleTimeout + 500))
      received += piece.length
    }
    expect(received).toBe(all.length)
  })
})

describe('a signal', () => {
  it.each(['GetObject', 'PutObject', 'HeadObject', 'DeleteObject', 'ListObjectsV2'])(
    'ends %s while the server is silent, and is not answered with a second attempt',
    async (name) => {
      const storage = server.storage()
      const controller = new AbortController()
      const { signal } = controller
      const reason = new Error('enough')
      const until = (): Promise<never> => {
        controller.abort(reason)
        return new Promise(() => {})
      }
      faults.add({ kind: 'wait', until }, { operation: name })
      const attempts: Record<string, () => Promise<unknown>> = {
        GetObject: () => text(storage, 'key', { signal }),
        PutObject: () => put(storage, 'key', 'value', { signal }),
        HeadObject: () => stat(storage, 'key', signal),
        DeleteObject: () => remove(storage, 'key', { signal }),
        ListObjectsV2: () => entries(storage, '', { signal }),
      }
      const error = await errorOf((attempts[name] as () => Promise<unknown>)())
      expect(error).toMatchObject({ code: 'ABORTED', retryable: false })
      expect(error.cause).toBe(reason)
      expect(faults.count(name)).toBe(1)
    },
  )

  it('that fires after the end changes nothing', async () => {
    const storage = server.storage()
    const controller = new AbortController()
    await put(storage, 'key', 'value', { signal: controller.signal })
    controller.abort()
    expect(await text(storage, 'key')).toBe('value')
  })

  it("works with a client of the caller's too", async () => {
    const client = server.client()
    const storage = server.storage({ client })
    const controller = new AbortController()
    faults.add({ kind: 'wait', until: async () => controller.abort() }, { operation: 'GetObject' })
    expect(await errorOf(text(storage, 'key', { signal: controller.signal }))).toMatchObject({ code: 'ABORTED' })
    client.destroy()
  })
})

it('a stream that is cut into pieces of one byte is written whole', async () => {
  const storage = server.storage()
  const all = pattern(70_000)
  await put(storage, 'key', pieces(all, 1))
  expect(await (await open(storage, 'key'))?.bytes()).toEqual(all)
})
