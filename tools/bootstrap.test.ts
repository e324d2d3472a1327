import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

/** What somebody does in a clone. */
interface Clone {
  /** Runs a program; `npm start` where nothing is named. */
  run(...words: string[]): { readonly said: string; readonly output: string };
  /** What npm was asked for, a line each. */
  asked(): string[];
}

/**
 * A clone whose compiler writes what a real one does, beside its sources too, and whose npm tells what it was asked for.
 * @param installed whether it has its packages
 */
function clone(installed = true): Clone {
  const root = mkdtempSync(join(tmpdir(), 'bootstrap-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write('package-lock.json', '{}');
  const lock = createHash('sha256').update(join(root, 'package-lock.json')).update('{}').digest('hex');
  if (installed) write('node_modules/.molva-installed', lock);
  write('asked', '');
  write('programs/npm', '#!/bin/sh\necho "$@" >> asked\n');
  chmodSync(join(root, 'programs/npm'), 0o755);
  write('packages/server/src/main.ts', '');
  write('tsconfig/base.json', '{}');
  write(
    'node_modules/typescript/bin/tsc',
    `const { mkdirSync, writeFileSync } = require('node:fs');
    writeFileSync('packages/server/tsconfig.tsbuildinfo', '{}');
    mkdirSync('packages/server/dist', { recursive: true });
    if (!process.argv.includes('--noCheck')) process.stderr.write('types are checked\\n');
    writeFileSync('packages/server/dist/main.js', '#!/usr/bin/env node\\nprocess.stdout.write("runs " + process.argv.slice(2))');`,
  );
  write('node_modules/vite/bin/vite.js', '');
  write('node_modules/vitest/vitest.mjs', 'process.stdout.write("tests")');
  write('tools/.keep', '');
  copyFileSync(fileURLToPath(new URL('bootstrap.mjs', import.meta.url)), join(root, 'tools/bootstrap.mjs'));
  const path = `${join(root, 'programs')}${delimiter}${process.env['PATH'] ?? ''}`;
  return {
    run(...words) {
      const [program = '', ...rest] = words.length > 0 ? words : [process.execPath, 'tools/bootstrap.mjs', 'start'];
      const { stderr, stdout } = spawnSync(program, rest, {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, PATH: path },
      });
      expect(statSync(join(root, 'node_modules/.bin/molva')).mode & 0o111).toBe(0o111);
      return { said: stderr, output: stdout };
    },
    asked: () => readFileSync(join(root, 'asked'), 'utf8').trim().split('\n'),
  };
}

const word = (name: string): string[] => [process.execPath, 'tools/bootstrap.mjs', name];

it('the second start does not build again', () => {
  const { run } = clone();
  expect(run()).toEqual({ said: 'Building …\n', output: 'runs ' });
  expect(run()).toEqual({ said: '', output: 'runs ' });
});

it.skipIf(process.platform === 'win32')('molva is a command of a clone that is built', () => {
  const { run } = clone();
  run();
  expect(run('node_modules/.bin/molva', 'help')).toEqual({ said: '', output: 'runs help' });
});

it('types are checked where somebody builds, and a start does not wait for that', () => {
  const { run } = clone();
  run();
  expect(run(...word('build')).said).toBe('Building …\ntypes are checked\n');
});

it.skipIf(process.platform === 'win32')(
  'a start installs what Molva is made of; what tests need is added to it, once, and taken away by nobody',
  () => {
    const { run, asked } = clone(false);
    run();
    expect(asked()).toEqual([expect.stringMatching(/^ci .*--workspace=tools --workspace=packages\/server$/)]);
    run();
    expect(asked()).toHaveLength(1);
    expect(run(...word('test')).output).toBe('tests');
    expect(asked().slice(1)).toEqual([expect.stringMatching(/^install --no-save (?!.*--workspace)/)]);
    run();
    run(...word('test'));
    expect(asked()).toHaveLength(2);
  },
);
