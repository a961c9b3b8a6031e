import { ndjson } from '@resultkit/core'
import { localResult } from '../../src/index.ts'
import { AT, makeRows, makeStory, say, serve } from './result-worker.ts'

const [directory, id = '0', how] = process.argv.slice(2)
const writer = Number(id)
const values = localResult({ directory })
const streams = localResult({ directory, serializer: ndjson() })

/** Rows that are told to the parent as they are made: it may kill this process at any of them. */
async function* toldRows(round: number): AsyncGenerator<unknown> {
  for (const row of makeRows(writer, round)) {
    say(`row ${round}`)
    yield row
  }
}

process.on('disconnect', () => process.exit())
if (how === 'count')
  await serve(async (count) => {
    for (let round = 0; round < Number(count); round++) await values.write(makeStory(writer, round), AT)
    return values.write(makeStory(writer, Number(count)), `references/${writer}`)
  })
else {
  say('ready')
  for (let round = 0; ; round++) {
    if (how === 'stream') await streams.write(() => toldRows(round), AT)
    else await values.write(makeStory(writer, round), AT)
    say(`written ${round}`)
  }
}
