import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { serve } from './worker.ts'

// The shell's child ends when another program has taken the shell's place, which never asks for its end.
const CHILD = 'while [ "$(cat /proc/$PPID/comm)" != sleep ]; do :; done'

await serve(async () => {
  const shell = spawn('sh', ['-c', 'sh -c "$CHILD" & echo $!; exec sleep 60'], {
    env: { ...process.env, CHILD },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  process.on('exit', () => shell.kill('SIGKILL'))
  const [line] = await once(shell.stdout, 'data')
  shell.stdout.destroy()
  shell.unref()
  const pid = Number(`${line}`)
  for (;;) {
    const [state, , , , , , , , , , , , , , , , , , , started] =
      readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
    if (state === 'Z') return { pid, started }
  }
})
