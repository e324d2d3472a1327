import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

/** A clone whose compiler writes what a real one does, beside its sources too; answers what `npm start` does there. */
function clone(): (...words: string[]) => { said: string; output: string } {
  const root = mkdtempSync(join(tmpdir(), 'bootstrap-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write('package-lock.json', '{}');
  const lock = createHash('sha256').update(join(root, 'package-lock.json')).update('{}').digest('hex');
  write('node_modules/.molva-installed', lock);
  write('packages/server/src/main.ts', '');
  write('tsconfig/base.json', '{}');
  write(
    'node_modules/typescript/bin/tsc',
    `const { mkdirSync, writeFileSync } = require('node:fs');
    writeFileSync('packages/server/tsconfig.tsbuildinfo', '{}');
    mkdirSync('packages/server/dist', { recursive: true });
    writeFileSync('packages/server/dist/main.js', '#!/usr/bin/env node\\nprocess.stdout.write("runs " + process.argv.slice(2))');`,
  );
  write('node_modules/vite/bin/vite.js', '');
  write('tools/.keep', '');
  copyFileSync(fileURLToPath(new URL('bootstrap.mjs', import.meta.url)), join(root, 'tools/bootstrap.mjs'));
  return (...words) => {
    const [program = '', ...rest] = words.length > 0 ? words : [process.execPath, 'tools/bootstrap.mjs', 'start'];
    const { stderr, stdout } = spawnSync(program, rest, { cwd: root, encoding: 'utf8' });
    if (words.length > 0) expect(statSync(join(root, 'node_modules/.bin/molva')).mode & 0o111).toBe(0o111);
    return { said: stderr, output: stdout };
  };
}

it('the second start does not build again', () => {
  const run = clone();
  expect(run()).toEqual({ said: 'Building …\n', output: 'runs ' });
  expect(run()).toEqual({ said: '', output: 'runs ' });
});

it.skipIf(process.platform === 'win32')('molva is a command of a clone that is built', () => {
  const run = clone();
  run();
  expect(run('node_modules/.bin/molva', 'help')).toEqual({ said: '', output: 'runs help' });
});
