import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { freePort } from '../packages/server/src/testing/free-port.ts';
import { MolvaProcess } from './support/molva.ts';

/** The runnable pieces of the page, by their names. */
async function piecesOf(page: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(new URL(`../docs/${page}`, import.meta.url), 'utf8');
  const found = text.matchAll(/<!-- run: (\w+) -->\s+```\w+\n(.*?)```/gs);
  return new Map([...found].map(([, name = '', code = '']) => [name, code]));
}

it('the page about the bot API runs as it stands: answers in the response, and by callback', async () => {
  const pieces = await piecesOf('bot-api.md');
  const port = await freePort();
  const piece = (name: string): string => (pieces.get(name) ?? '').replaceAll('9090', String(port));
  await using molva = await MolvaProcess.start({ MOLVA_OUTGOING_ALLOW: '127.0.0.1' });
  const receiver = join(molva.folder, 'receiver.mjs');
  await writeFile(receiver, piece('receiver'));
  const listening = spawn(process.execPath, [receiver], { stdio: ['ignore', 'pipe', 'inherit'] });
  let received = '';
  listening.stdout.on('data', (chunk: Buffer) => (received += chunk.toString()));
  try {
    const script = ['set -euo pipefail', piece('setup'), piece('sync'), 'echo; echo ---', piece('callback')].join('\n');
    const { stdout, stderr, status } = runShell(script, {
      PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
      MOLVA: `${molva.url}/api/v1`,
      LOGIN: JSON.stringify({ email: 'admin@localhost', password: molva.password }),
    });
    expect([status, stderr]).toEqual([0, '']);
    const [inResponse = '', byCallback = ''] = stdout.split('---');
    expect(inResponse).toContain('What is the number of your order, Anna?');
    expect(inResponse).toContain('"status":"STOP"');
    expect(inResponse).toContain('"body":"Order 4711 is on its way."');
    expect(inResponse).toContain('"order":"4711"');
    expect(byCallback).toContain('"messages":null');
    await expect.poll(() => received.trim().split('\n').length).toBe(3);
    const calls = received.trim().split('\n');
    const [first, second, result] = calls.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(first).toMatchObject({ status: 'WAIT', callbackData: 'order desk' });
    expect(second).toMatchObject({ status: 'STOP', messages: [{ body: 'Order 4711 is on its way.' }] });
    expect(result).toMatchObject({ status: 'STOP', variables: { order: '4711', name: 'Anna' }, data: { ticket: 12 } });
  } finally {
    listening.kill();
    await once(listening, 'exit');
  }
});

function runShell(script: string, env: Record<string, string>): ReturnType<typeof spawnSync> & { stdout: string } {
  return spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8', env });
}
