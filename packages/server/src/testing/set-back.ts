import { openDatabase } from '../platform/database.ts';
import type { TestApp } from './test-app.ts';

/** Makes of a session what an older copy of it was: up to an event, and the message that it was of. */
export async function setBack(app: TestApp, id: string, eventSeq: number, seq: number): Promise<void> {
  await using copy = openDatabase(app.connection, 1, () => undefined);
  await copy.transaction(async ({ client }) => {
    await client.query('delete from messages where session_id = $1 and event_seq > $2', [id, eventSeq]);
    await client.query('delete from session_events where session_id = $1 and event_seq > $2', [id, eventSeq]);
    await client.query('update sessions set last_event_seq = $2, last_seq = $3, version = version - 2 where id = $1', [
      id,
      eventSeq,
      seq,
    ]);
  });
}
