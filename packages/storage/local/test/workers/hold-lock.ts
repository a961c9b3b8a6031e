import { withLock } from '../../src/lock.ts'
import { openRoot } from '../../src/root.ts'
import { KEY, say } from './worker.ts'

const [directory, key = KEY] = process.argv.slice(2)
const root = openRoot({ directory }, 'test')

process.on('disconnect', () => process.exit())
await withLock({ root, operation: 'write', key, signal: undefined }, () => {
  say('ready')
  return new Promise(() => {})
})
