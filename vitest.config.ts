import { defineConfig } from 'vitest/config';
import { LongestFirst } from './tools/longest-first.ts';

const conditions = ['source'];
const resolve = { conditions };
const ssr = { resolve: { conditions, externalConditions: conditions } };
const packages = ['packages/*/{src,test}/**', 'tools/**', 'e2e/**'];

function project(name: string, suffix: string, options: { setup?: string; group?: number } = {}) {
  return {
    resolve,
    ssr,
    test: {
      name,
      include: packages.map((folder) => `${folder}/*.${suffix}.ts`),
      exclude:
        suffix === 'test' ? ['**/node_modules/**', '**/*.{pg,live,e2e,browser}.test.ts'] : ['**/node_modules/**'],
      testTimeout: 120_000,
      hookTimeout: 120_000,
      // What is waited for comes in milliseconds; a busy machine may take its time.
      expect: { poll: { timeout: 30_000 } },
      // Groups follow one another: what starts processes and browsers does not wait behind what computes.
      sequence: { groupOrder: options.group ?? 0 },
      // A process per worker, not per file: half of what a file's own process does is to load the same modules again.
      isolate: false,
      setupFiles: ['packages/server/src/testing/setup-file.ts'],
      ...(options.setup === undefined ? {} : { globalSetup: options.setup }),
    },
  };
}

/** The suffix of a test file names the world it needs; what needs SQL runs on two databases. */
export default defineConfig({
  test: {
    allowOnly: false,
    // The tests mostly wait, for a database or a timer: more files at once than a small machine has cores.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './tools/closing-line-reporter.ts'],
    projects: [
      project('unit', 'test'),
      project('pg-embedded', 'pg.test', { setup: 'packages/server/src/testing/setup-embedded.ts' }),
      project('pg-external', 'pg.test', { setup: 'packages/server/src/testing/setup-external.ts' }),
      project('live', 'live.test', { setup: 'packages/server/src/testing/setup-embedded.ts' }),
      project('e2e', 'e2e.test', { group: 1 }),
      project('browser', 'browser.test', { group: 1 }),
    ],
  },
});
