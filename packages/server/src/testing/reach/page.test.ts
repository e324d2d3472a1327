import { operations, rpcSchemas } from '@molva/contract';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { reachTables } from './page.ts';

const page = new URL('../../../../../docs/who-reaches-what.md', import.meta.url);
const MARK = '<!-- from here on the page is made: npm test -- --project unit reach/page -u -->\n\n';

it('the page that says who reaches what says it of every call there is, as the matrix proves it', async () => {
  const [written = ''] = readFileSync(page, 'utf8').split(MARK);
  for (const command of Object.keys(rpcSchemas)) expect(written).toContain(`\`${command}\``);
  await expect(`${written}${MARK}${reachTables(Object.values(operations))}`).toMatchFileSnapshot(page.pathname);
});
