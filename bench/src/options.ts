import { parseArgs } from 'node:util'

/** What the command line says. */
export interface Options {
  /** Fewer rounds, smaller streams, and no peers in the case of 5,000 objects. */
  readonly quick: boolean
  /** Where all figures go as JSON. */
  readonly json: string | undefined
  /** Names of suites; all when empty. */
  readonly only: readonly string[]
  /** Where files are made. */
  readonly directory: string | undefined
}

export const USAGE = `usage: npm run bench -- [options]

  --quick            fewer rounds, smaller values, fewer peers
  --only NAME        only this suite; several with commas or by repeating it
  --directory PATH   where files are made (default: /dev/shm where there is one, else the system's temporary directory)
  --json FILE        write all figures there too
  --help             this text`

/** Throws when there is an option that is not known; `undefined` when help is asked for. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      directory: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const only = values.only.flatMap((names) => names.split(',')).filter((name) => name !== '')
  return { quick: values.quick, json: values.json, only, directory: values.directory }
}
