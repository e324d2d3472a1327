import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EventName } from '@molva/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MODULE = 'packages/server/src/modules/chats';
const root = fileURLToPath(new URL('..', import.meta.url));

/** A source, where it stands, and the rule that refuses it; without a rule it is right there. */
const refused: readonly (readonly [rule: string, folder: string, source: string])[] = [
  ['no-select-star', MODULE, "export const sql = 'select * from chats';"],
  ['no-select-star', MODULE, 'export const sql = (id: number) => `SELECT * FROM chats where id = ${id}`;'],
  ...Object.values(EventName).map((name) => ['no-wire-literals', MODULE, `export const event = '${name}';`] as const),
  ['no-wire-literals', MODULE, 'export const event = `sessionClosed`;'],
  ['no-ambient-environment', MODULE, 'export const home = process.env.HOME;'],
  ['no-ambient-environment', MODULE, "export const home = globalThis.process['env'].HOME;"],
  ['no-ambient-environment', MODULE, "import { env } from 'node:process';\nexport const home = env.HOME;"],
  ['no-ambient-time', MODULE, 'export const now = Date.now();'],
  ['no-ambient-time', MODULE, 'export const now = new Date();'],
  ['no-ambient-time', MODULE, 'export const random = Math.random;'],
  ['no-ambient-time', MODULE, 'export const id = globalThis.crypto.randomUUID();'],
  ['no-ambient-time', MODULE, "import { randomUUID } from 'node:crypto';\nexport const id = randomUUID();"],
  ['no-ambient-time', MODULE, "import { setTimeout as sleep } from 'node:timers/promises';\nawait sleep(1);"],
  ['no-ambient-time', MODULE, 'setTimeout(() => undefined, 1);'],
  ['no-ambient-time', 'packages/sdk/src/outbox', 'globalThis.setInterval(() => undefined, 1);'],
  ['no-ambient-time', 'packages/centrifuge-server/src/protocol', 'export const now = Date.now();'],
  ['no-inner-door', MODULE, "import { x } from './index.ts';\nexport const y = x;"],
  ['no-inner-door', 'packages/server/src/modules/bots/scenario', "export { x } from '../index.ts';"],
];

const right: readonly (readonly [folder: string, source: string])[] = [
  [MODULE, "export const sql = 'select id, name from chats';"],
  [MODULE, "export const sql = 'select count(*) from chats';"],
  ['packages/contract/src', "export const event = 'sessionClosed';"],
  ['packages/server/src/platform/config', 'export const home = process.env.HOME;'],
  ['packages/server/src/platform', "import { randomUUID } from 'node:crypto';\nexport const id = randomUUID();"],
  [MODULE, 'export const made = (milliseconds: number) => new Date(milliseconds);'],
  [MODULE, "import { createHash } from 'node:crypto';\nexport const hash = createHash('sha256');"],
  [MODULE, 'export const later = (clock: { setTimeout(ms: number): void }) => clock.setTimeout(1);'],
  [MODULE, "import { x } from '../sessions/index.ts';\nexport const y = x;"],
];

const fileOf = (kind: string, folder: string, index: number): string => `${folder}/${kind}-${index}.ts`;
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lint-plugin-')));
const found = new Map<string, string[]>();

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

beforeAll(() => {
  const rules = Object.fromEntries(
    [...new Set(refused.map(([rule]) => `molva/${rule}`))].map((name) => [name, 'error']),
  );
  const jsPlugins = [join(root, 'tools/lint-plugin.js')];
  write('.oxlintrc.json', JSON.stringify({ plugins: [], categories: { correctness: 'off' }, jsPlugins, rules }));
  refused.forEach(([, place, source], index) => write(fileOf('refused', place, index), source));
  right.forEach(([place, source], index) => write(fileOf('right', place, index), source));
  const oxlint = join(root, 'node_modules/.bin/oxlint');
  const { stdout, stderr } = spawnSync(oxlint, ['--format', 'json'], { cwd: folder, encoding: 'utf8' });
  if (!stdout.startsWith('{')) throw new Error(`oxlint did not run: ${stdout}${stderr}`);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { filename: string; code: string }[] };
  for (const { filename, code } of diagnostics) found.set(filename, [...(found.get(filename) ?? []), code]);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('the rules of the house', () => {
  it.each(refused.map(([rule, place, source], index) => ({ rule, source, file: fileOf('refused', place, index) })))(
    '$rule refuses $source',
    ({ rule, file }) => {
      expect([...new Set(found.get(file))]).toEqual([`molva(${rule})`]);
    },
  );

  it.each(right.map(([place, source], index) => ({ source, file: fileOf('right', place, index) })))(
    'nothing refuses $source in $file',
    ({ file }) => {
      expect(found.get(file)).toBeUndefined();
    },
  );
});
