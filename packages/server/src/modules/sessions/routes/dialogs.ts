import { DebugEntry, operations, wireDate } from '@molva/contract';
import type { Database } from '../../../platform/database.ts';
import { sql } from 'kysely';
import { column, readList, type ListSpec } from '../../../platform/list.ts';
import { done, ok, route, userOf, type Route } from '../../../platform/route.ts';
import { idempotencyKey } from '../answering/client-message.ts';
import type { Sessions } from '../service.ts';

const traceList: ListSpec = {
  columns: { traceId: column('bot_traces.id', 'uuid'), createdAt: column('bot_traces.created_at', 'instant') },
  fallback: [{ field: 'createdAt', direction: 'asc' }],
  ties: ['traceId'],
  fields: Object.keys(DebugEntry.properties),
  bytes: sql`octet_length(bot_traces.info::text)`,
};

/** The calls of the bot API, and the late answers of bots elsewhere. */
export function dialogRoutes(sessions: Sessions, database: Database): Route[] {
  const { dialogs } = sessions;
  return [
    route(operations.startDialog, async (call) => ok(await dialogs.start(userOf(call), call.body))),
    route(operations.replyToDialog, async (call) => {
      const key = idempotencyKey(undefined, call.header('idempotency-key'));
      return ok(await dialogs.reply(userOf(call), call.params.dialogId, call.body, key));
    }),
    route(operations.finishDialog, async (call) => {
      await dialogs.finish(userOf(call), call.params.dialogId);
      return done;
    }),
    route(operations.reloadDialog, async (call) =>
      ok(await dialogs.reload(userOf(call), call.params.dialogId, call.body)),
    ),
    route(operations.listDialogVariables, async (call) => {
      const { system, context } = await dialogs.variables(userOf(call), call.params.dialogId);
      return ok({ system: variables(system), context: variables(context) });
    }),
    route(operations.listDialogDebugInfo, async (call) => {
      const session = await dialogs.find(userOf(call), call.params.dialogId);
      const narrowed = database.lists.builder.selectFrom('bot_traces').where('session_id', '=', session.id);
      const page = await readList(call.query, traceList, narrowed, async (records) =>
        (await records.select(['id', 'info', 'created_at']).execute()).map((row) => ({
          createdAt: wireDate(row.created_at),
          traceId: row.id,
          info: row.info,
        })),
      );
      return ok(page);
    }),
    route(operations.answerForBot, async (call) => {
      await sessions.remoteTurns.answer(call.params.replyToken, call.body);
      return done;
    }),
  ];
}

/** Variables as existing clients read them: no null, no name that is a number, lists and maps as their JSON text. */
function variables(values: Readonly<Record<string, unknown>>): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => !/^-?\d+$/.test(name))
      .map(([name, value]) => [name, scalar(value)]),
  );
}

function scalar(value: unknown): string | number | boolean {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}
