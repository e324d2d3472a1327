import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const source = new URL('.', import.meta.url).href;
/** Opens what it may, lets go of it, and prints what the log said. */
const program = `
  import { openSync, closeSync } from 'node:fs';
  import { Descriptors } from '${source}descriptors.ts';
  let look = () => undefined;
  const clock = { now: Date.now, setTimeout: (callback) => ((look = callback), { cancel() {} }) };
  const said = [];
  const log = { warn: () => said.push('again'), error: () => said.push('none left') };
  const descriptors = new Descriptors(clock, log);
  const looked = async () => { look(); await new Promise((done) => setTimeout(done, 50)); };
  await looked();
  const held = [];
  try { for (;;) held.push(openSync('/', 'r')); } catch {}
  await looked();
  await looked();
  for (const one of held) closeSync(one);
  await looked();
  process.stdout.write(JSON.stringify([said, descriptors.shortages]));
`;

it('says once that there are no file descriptors left, and once that there are again', () => {
  const run = `ulimit -n 64; exec "${process.execPath}" --conditions=source --input-type=module -e '${program.replaceAll("'", '"')}'`;
  const said = execFileSync('/bin/sh', ['-c', run], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
  });
  expect(JSON.parse(said)).toEqual([['none left', 'again'], 1]);
});
