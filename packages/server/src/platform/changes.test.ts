import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { Changes } from './changes.ts';
import { openLog } from './log.ts';

it('who listens to a kind has heard when the telling returns, and hears of no other kind', () => {
  const changes = new Changes(openLog('silent', false));
  const heard: unknown[] = [];
  changes.on('chat', (id) => heard.push(['chat', id]));
  changes.on('session', (id, version) => heard.push(['session', id, version]));
  changes.tell('chat', 'a');
  changes.tell('session', 'b', 7);
  changes.tell('bot', 'c');
  expect(heard).toEqual([
    ['chat', 'a'],
    ['session', 'b', 7],
  ]);
});

it('a listener that throws is logged, and neither the others nor who tells lose anything', () => {
  const lines: string[] = [];
  const log = pino(new Writable({ write: (line, _encoding, done) => done(void lines.push(String(line))) }));
  const changes = new Changes(log);
  const heard: string[] = [];
  changes.on('bot', () => {
    throw new Error('out of order');
  });
  changes.on('bot', (id) => heard.push(id));
  changes.tell('bot', 'a');
  expect(heard).toEqual(['a']);
  expect(lines.join('')).toContain('a change was not taken in');
});
