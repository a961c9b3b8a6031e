import { parseArgs } from 'node:util'
import { startGcsServer } from './server.ts'

// The server as a process: prints its URL, and runs until it is stopped by its pid.
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    bucket: { type: 'string', multiple: true, default: ['bucket'] },
    token: { type: 'string', multiple: true },
    'page-size': { type: 'string', default: '1000' },
  },
})
const { url } = await startGcsServer({
  port: Number(values.port),
  buckets: values.bucket,
  tokens: values.token,
  pageSize: Number(values['page-size']),
})
console.log(url)
