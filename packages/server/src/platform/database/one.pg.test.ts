import { expect, it } from 'vitest';
import { freshDatabase } from '../../testing/fresh-database.ts';
import { overOne } from './one.ts';

it('a connection that breaks while nobody asks anything ends nobody, and is told by the next question', async () => {
  const connection = await freshDatabase();
  await expect(
    overOne(connection, async (client) => {
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      const ended = new Promise<void>((resolve) => client.once('end', resolve));
      await overOne(connection, (other) => other.query('select pg_terminate_backend($1)', [rows[0]?.pid]));
      await ended;
      await client.query('select 1');
    }),
  ).rejects.toThrow();
});
