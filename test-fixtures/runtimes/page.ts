/** Runs the contracts in a browser: in the page, and in a worker that it starts. Each posts its outcome. */
import { runSuites } from './run-suites.ts'
import { webSuites } from './web-suites.ts'

async function main(): Promise<void> {
  const isPage = typeof document !== 'undefined'
  if (isPage) new Worker(import.meta.url, { type: 'module' })
  const outcome = await runSuites(webSuites)
  await fetch('/outcome', { method: 'POST', body: JSON.stringify({ where: isPage ? 'page' : 'worker', ...outcome }) })
}

main().catch((error: unknown) => fetch('/failure', { method: 'POST', body: String(error) }))
