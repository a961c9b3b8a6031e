import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { serve } from './worker.ts'

// The shell's child ends, and the program that takes the shell's place never asks for it.
await serve(async () => {
  const shell = spawn('sh', ['-c', 'sh -c "exit 0" & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [line] = await Array.fromAsync(first(createInterface(shell.stdout)))
  process.on('exit', () => shell.kill('SIGKILL'))
  for (;;) {
    const fields = readFileSync(`/proc/${line}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
    if (fields[0] === 'Z') return { pid: Number(line), started: fields[19] }
  }
})

async function* first(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) {
    yield line
    return
  }
}
