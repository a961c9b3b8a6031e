import { cbor } from '@resultkit/cbor'
import { zstd } from '@resultkit/compress'
import { createResultStore, memoryStorage, Result, type Serializer } from '@resultkit/core'
import { msgpack } from '@resultkit/msgpack'
import { pickle } from '@resultkit/pickle'
import { expect, test } from 'vitest'

const serializers = [pickle(), msgpack(), cbor()]
const NAMES = ['json', 'pickle', 'msgpack', 'cbor']
const VALUE = { name: 'a value', rows: Array.from({ length: 200 }, (_, row) => ({ row, city: 'Lisbon' })) }

test.each(NAMES.flatMap((name) => [name, `compressed/${name}`]))(
  'a store resolves %s, to write and to read',
  async (name) => {
    const storages = { main: memoryStorage() }
    const store = createResultStore({ storages, serializers, codecs: [zstd()] })
    const reference = await store.result('main', { serializer: name }).write(VALUE)
    expect(reference.codecs ?? []).toEqual(name.startsWith('compressed/') ? ['zstd'] : [])
    const elsewhere = createResultStore({ storages, serializers, codecs: [zstd()] })
    expect(await elsewhere.get(JSON.stringify(reference))).toEqual(VALUE)
  },
)

test('what one serializer wrote, no other one decodes', async () => {
  const storage = memoryStorage()
  const all: readonly (Serializer | 'json')[] = ['json', ...serializers, msgpack({ useRecords: true })]
  for (const [index, serializer] of all.entries()) {
    const reference = await new Result({ storage, location: 'a', serializer }).write(VALUE)
    for (const [other, reader] of all.entries()) {
      const reading = new Result({ storage, location: 'a', serializer: reader }).read(reference)
      if (other === index) expect(await reading).toEqual(VALUE)
      else await expect(reading).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    }
  }
})

test('a store without the serializer says what to install, and still describes the result', async () => {
  const storages = { main: memoryStorage() }
  const reference = await createResultStore({ storages, serializers })
    .result('main', { serializer: 'pickle' })
    .write(VALUE)
  const bare = createResultStore({ storages })
  await expect(bare.get(reference)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('@resultkit/pickle'),
  })
  expect(await (await bare.open(reference)).describe()).toMatchObject({ serializer: 'pickle' })
})
