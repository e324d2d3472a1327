import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { layerProblems } from './check-layers.ts';

function problemsOf(file: string, source: string): string[] {
  const root = mkdtempSync(join(tmpdir(), 'layers-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, dirname(file)), { recursive: true });
  for (const name of ['server', 'sdk', 'contract']) {
    mkdirSync(join(root, 'packages', name), { recursive: true });
    writeFileSync(join(root, 'packages', name, 'package.json'), JSON.stringify({ name: `@molva/${name}` }));
  }
  writeFileSync(join(root, file), source);
  return layerProblems(root, [file]);
}

describe(layerProblems, () => {
  it.each([
    [
      'packages/server/src/platform/a.ts',
      "import { x } from '../modules/chats/index.ts';",
      /platform may not import modules/,
    ],
    ['packages/server/src/http/a.ts', "import { x } from '../modules/chats/index.ts';", /http may not import modules/],
    [
      'packages/server/src/modules/chats/a.ts',
      "import { x } from '../sessions/index.ts';",
      /chats may not import sessions/,
    ],
    ['packages/server/src/modules/live/a.ts', "import { x } from '../chats/index.ts';", /live may not import chats/],
    ['packages/server/src/modules/bots/a.ts', "import { x } from '../sessions/draft.ts';", /not through its index/],
    ['packages/server/src/app.ts', "import { x } from './modules/bots/store.ts';", /not through its index/],
    ['packages/server/src/composition/a.ts', "import { x } from '../app.ts';", /composition may not import app/],
    ['packages/server/src/modules/bots/a.ts', "import { x } from '../../app.ts';", /modules may not import app/],
    ['packages/server/src/a.ts', "import { x } from '@molva/sdk';", /may not import @molva\/sdk/],
    [
      'packages/server/src/modules/live/rpc.ts',
      "import type { x } from '@molva/centrifuge-server';",
      /only packages\/server\/src\/modules\/live\/embedded\.ts may import @molva\/centrifuge-server/,
    ],
    ['packages/sdk/src/a.ts', "import { x } from '@molva/contract';", /types alone/],
    ['packages/sdk/src/a.ts', "export type A = B;\nimport { x } from '@molva/contract';", /types alone/],
    [
      'packages/server/src/modules/chats/a.ts',
      "await import('../sessions/index.ts');",
      /chats may not import sessions/,
    ],
    ['packages/server/src/platform/a.ts', "type T = import('../http/a.ts').T;", /platform may not import http/],
    ['packages/sdk/src/a.ts', "import { x } from '../../server/src/a.ts';", /by name/],
    [
      'packages/server/src/modules/sessions/state/a.ts',
      "import { x } from '../answering/turns.ts';",
      /sessions\/state may not import answering/,
    ],
    [
      'packages/server/src/modules/sessions/people/a.ts',
      "import type { x } from '../service.ts';",
      /may not import the composition/,
    ],
  ])('%s with %s is refused', (file, source, reason) => {
    expect(problemsOf(file, source)).toEqual([expect.stringMatching(reason)]);
  });

  it.each([
    ['packages/server/src/modules/sessions/a.ts', "import { x } from '../chats/index.ts';"],
    ['packages/server/src/modules/live/embedded.ts', "import { x } from '@molva/centrifuge-server';"],
    ['packages/server/src/modules/sessions/a.ts', "import { x } from './draft.ts';"],
    ['packages/server/src/modules/sessions/people/a.ts', "import { x } from '../answering/turns.ts';"],
    ['packages/server/src/modules/sessions/routes/a.ts', "import { x } from '../service.ts';"],
    ['packages/server/src/app.ts', "import { x } from './modules/bots/index.ts';"],
    ['packages/server/src/app.ts', "import { x } from './composition/modules.ts';"],
    ['packages/sdk/src/a.ts', "import type { x } from '@molva/contract';\nimport { type Y } from '@molva/contract';"],
  ])('%s with %s is right', (file, source) => {
    expect(problemsOf(file, source)).toEqual([]);
  });
});
