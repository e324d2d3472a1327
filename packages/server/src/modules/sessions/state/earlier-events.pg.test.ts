import type { EventPage } from '@molva/contract';
import { expect, it } from 'vitest';
import { openDatabase } from '../../../platform/database.ts';
import { runSql } from '../../../testing/rows.ts';
import { echoBlocks, startTestApp } from '../../../testing/test-app.ts';
import { EventStreams } from './streams.ts';

it('events that an earlier version logged are read in whole seconds, and what people wrote in them as they did', async () => {
  await using app = await startTestApp();
  await using database = openDatabase(app.connection, 1, () => undefined);
  const { id } = await app.start(await app.chat(echoBlocks));
  const body = '{"createdAt":"2026-01-28T12:00:05.239+00:00"} at 12:00:05.239+00:00';
  const data = {
    body,
    createdAt: '2026-01-28T12:00:05.239+00:00',
    attachments: [{ createdAt: '2026-01-28T12:00:05.1+00:00' }],
  };
  const shown = {
    body,
    createdAt: '2026-01-28T12:00:05+00:00',
    attachments: [{ createdAt: '2026-01-28T12:00:05+00:00' }],
  };
  // Texts that were scrubbed were written by the database, which puts a space behind names.
  await runSql(
    database,
    `insert into session_events (session_id, event_seq, event, data, created_at)
      values ($1, 900, 'chatMessageCreated', $2::text::json, now()), ($1, 901, 'chatMessageCreated', $2::jsonb::json, now())`,
    [id, JSON.stringify(data)],
  );
  const { items } = (await app.call<EventPage>('GET', `/sessions/${id}/events?after=899`)).body;
  expect(items.map((event) => event.data)).toEqual([shown, shown]);
  const missed = (await new EventStreams(database).after(new Map([[id, 899]]), 10)).get(id) ?? [];
  expect(missed.map((event) => JSON.parse(event.data))).toEqual([shown, shown]);
});
