/** Another process: resolves a reference from configuration alone. Its argument is JSON. */
import { createResultStore } from '@resultkit/core'
import { type CloudConfiguration, openCloud } from '../clouds.ts'

interface Message {
  readonly configuration: CloudConfiguration
  readonly reference: string
}

const { configuration, reference } = JSON.parse(process.argv[2] ?? '') as Message
const store = createResultStore({ storages: { cloud: openCloud(configuration) } })
console.log(JSON.stringify(await store.get(reference)))
