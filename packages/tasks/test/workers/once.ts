import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileStorage } from '@resultkit/local'
import { task, withRuntime } from '@resultkit/tasks'

const [directory = '', name = ''] = process.argv.slice(2)

/** Says that it computes, and takes its time; the victim for longer than it lives. */
const subject = task(
  'subject',
  async () => {
    appendFileSync(join(directory, 'runs.log'), `${name}\n`)
    console.log('computing')
    await new Promise((resolve) => setTimeout(resolve, name === 'victim' ? 60_000 : 50))
    return `by ${name}`
  },
  { cacheKey: 'key', once: 'storage' },
)

const store = {
  storages: { main: fileStorage({ directory: join(directory, 'results') }) },
  defaults: { serializer: 'json' },
}
console.log(await withRuntime({ store, leaseFor: 2500 }, () => subject()))
