import pg from 'pg';
import { expect, it } from 'vitest';
import { freshDatabase } from '../../testing/fresh-database.ts';
import { openLog } from '../log.ts';
import { Link } from './connections.ts';
import { DatabaseWatch } from './watch.ts';

it('settings that are refused leave no transaction behind, and statements of texts have theirs', async () => {
  const pool = new pg.Pool({ ...(await freshDatabase()), max: 1 });
  const client = await pool.connect();
  const watch = new DatabaseWatch(openLog('silent', false));
  const refused = new Link(client, watch, false, 'begin; set local no_such_setting = 1');
  await expect(refused.query('select 1')).rejects.toThrow('no_such_setting');
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  const limited = new Link(client, watch, false, 'begin; set local statement_timeout = 1');
  await expect(limited.texts({ text: 'select pg_sleep(5)' }, [])).rejects.toThrow('timeout');
  client.release();
  await pool.end();
});
