import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const conditions = ['resultkit:source']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      'packages/**/test/**/*.test.ts',
      'examples/*/test/**/*.test.ts',
      'docs/**/*.test.ts',
      'test-fixtures/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    // One core less, the default, would be one of two.
    maxWorkers: availableParallelism(),
    // Generous, for busy machines: what hangs is found all the same.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './scripts/closing-line.ts'],
  },
})
