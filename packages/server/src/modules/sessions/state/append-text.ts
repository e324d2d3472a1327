import { EventName } from '@molva/contract';
import { prepared, type Prepared, type Statement } from '../../../platform/database.ts';
import { dueConflict } from '../../../platform/due-rows.ts';
import type { MessageChange } from './draft.ts';
import { seatGuard } from './seat-guard.ts';
import type { StepColumn } from './written-columns.ts';

/** How many rows of each table a step adds, and what it does to an older message. */
export interface Counts {
  readonly messages: number;
  readonly events: number;
  readonly due: number;
  readonly deliveries: number;
  readonly facts: number;
  readonly traces: number;
  readonly change: MessageChange['kind'] | null;
  /** Whether a person gets the session. */
  readonly seat: boolean;
}

/** Rows that a step adds to a table. */
interface AddedRows {
  readonly table: string;
  readonly counted: 'messages' | 'events' | 'due' | 'deliveries' | 'facts' | 'traces';
  /** Columns that the session's row knows, as it has just moved, or that follow from the others. */
  readonly known: Readonly<Record<string, string>>;
  /** Types of the columns that are given, in the order of the values. */
  readonly given: Readonly<Record<string, string>>;
  readonly conflict?: string;
}

/** An event that has a row of its own, by its columns. */
const entryColumns = {
  event_seq: 'integer',
  event: 'text',
  audience: 'text',
  data: 'json',
  created_at: 'timestamptz',
};

const added: readonly AddedRows[] = [
  {
    table: 'messages',
    counted: 'messages',
    known: { session_id: 'moved.id', company_id: 'moved.company_id' },
    given: {
      id: 'uuid',
      seq: 'integer',
      event_seq: 'integer',
      author_type: 'text',
      author_id: 'text',
      author_name: 'text',
      type: 'text',
      body: 'text',
      extras: 'json',
      event_extras: 'json',
      reply_to: 'uuid',
      client_message_id: 'uuid',
      created_at: 'timestamptz',
    },
  },
  {
    table: 'session_events',
    counted: 'events',
    known: { session_id: 'moved.id' },
    given: entryColumns,
  },
  {
    table: 'due',
    counted: 'due',
    known: { version: 'moved.version', company_id: 'moved.company_id' },
    given: { kind: 'text', key: 'uuid', due_at: 'timestamptz' },
    conflict: dueConflict(),
  },
  {
    table: 'deliveries',
    counted: 'deliveries',
    known: { session_id: 'moved.id' },
    given: { url: 'text', body: 'text', proof: 'text', caller: 'text' },
  },
  {
    table: 'facts',
    counted: 'facts',
    known: { company_id: 'moved.company_id', client_id: 'moved.client_id', updated_at: 'added.created_at' },
    given: { id: 'uuid', bot_id: 'uuid', context: 'text', name: 'text', value: 'jsonb', created_at: 'timestamptz' },
    conflict: `on conflict (company_id, bot_id, client_id, context, name)
      do update set value = excluded.value, updated_at = excluded.updated_at`,
  },
  {
    table: 'bot_traces',
    counted: 'traces',
    known: { session_id: 'moved.id' },
    given: { id: 'uuid', info: 'json', created_at: 'timestamptz' },
  },
];

const statements = new Map<string, Prepared>();

/** The statement that writes the columns and so many rows, prepared under a name of its own where it comes often. */
export function appendStatement(columns: readonly StepColumn[], counts: Counts): Statement {
  // A bot can say anything in any number.
  if (!isUsual(counts)) return { text: statementText(columns, counts) };
  return remembered(shapeOf(columns, counts), 'session_append', () => statementText(columns, counts));
}

/**
 * The same for so many steps of different sessions at once, with the values of one step after those of the other; answers
 * the ids of those that moved. It waits for no row: a session that somebody else is writing does not move, and two groups
 * that have sessions in common do not wait for each other.
 */
export function groupStatement(columns: readonly StepColumn[], counts: Counts, steps: number): Prepared {
  const shape = `${shapeOf(columns, counts)} ${steps}`;
  return remembered(shape, 'sessions_append', () => groupText(columns, counts, steps));
}

function remembered(shape: string, label: string, text: () => string): Prepared {
  let known = statements.get(shape);
  if (known === undefined) {
    known = prepared(label, text());
    statements.set(shape, known);
  }
  return known;
}

/** What tells two statements apart, made for every step: a character for each column, then what is counted. */
export function shapeOf(columns: readonly StepColumn[], counts: Counts): string {
  let shape = '';
  for (const { sign } of columns) shape += sign;
  const { messages, events, due, deliveries, facts, traces, change, seat } = counts;
  return `${shape} ${messages} ${events} ${due} ${deliveries} ${facts} ${traces} ${change} ${seat}`;
}

/** Whether so much comes often enough to be worth a plan on each connection. */
export function isUsual({ messages, events, due, deliveries, facts, traces }: Counts): boolean {
  return messages <= 4 && events <= 8 && due <= 4 && deliveries <= 6 && facts <= 2 && traces <= 1;
}

/** Hands out parameters in the order of the values. */
class Parameters {
  #next: number;

  constructor(first: number) {
    this.#next = first;
  }

  get next(): number {
    return this.#next;
  }

  take(types: Iterable<string>): string[] {
    return Array.from(types, (type) => `$${this.#next++}::${type}`);
  }
}

const SESSION = 'of_session';

/** The rows of a step for each table, each a list of parameters; in a group each begins with its session. */
function rowsOf(counts: Counts, parameters: Parameters, session: readonly string[]): string[][] {
  return added.map(({ counted, given }) =>
    Array.from({ length: counts[counted] }, () => {
      return `(${[...session, ...parameters.take(Object.values(given))].join(', ')})`;
    }),
  );
}

/** The parts that add rows of the sessions that moved; `grouped` where each row names its session. */
function addingParts(rows: readonly (readonly string[])[], grouped: boolean): string[] {
  return added.flatMap(({ table, known, given, conflict = '' }, index) => {
    const own = rows[index] ?? [];
    if (own.length === 0) return [];
    const names = Object.keys(given);
    return [
      `added_${table} as (insert into ${table} (${[...Object.keys(known), ...names].join(', ')})
        select ${[...Object.values(known), ...names.map((name) => `added.${name}`)].join(', ')}
        from moved, (values ${own.join(', ')}) as added (${[...(grouped ? [SESSION] : []), ...names].join(', ')})
        ${grouped ? `where added.${SESSION} = moved.id` : ''} ${conflict})`,
    ];
  });
}

function statementText(columns: readonly StepColumn[], counts: Counts): string {
  const guard = counts.seat ? seatGuard(3) : null;
  const parameters = new Parameters(guard === null ? 3 : 6);
  const given = parameters.take(columns.map(({ type }) => type));
  const sets = columns.map(({ name }, index) => `, ${name} = ${given[index]}`).join('');
  const parts = [
    ...(guard === null ? [] : [guard.part]),
    `moved as (update sessions set version = version + 1${sets} where id = $1::uuid and version = $2::integer
      ${guard === null ? '' : `and ${guard.condition}`} returning id, company_id, client_id, version)`,
    ...addingParts(rowsOf(counts, parameters, []), false),
  ];
  if (counts.change !== null) parts.push(...changeParts(counts.change, parameters.next));
  return `with ${parts.join(', ')} select 1 from moved`;
}

function groupText(columns: readonly StepColumn[], counts: Counts, steps: number): string {
  const parameters = new Parameters(1);
  const sessions: string[] = [];
  const ids: string[] = [];
  const rows: string[][] = added.map(() => []);
  for (let step = 0; step < steps; step++) {
    const [id = '', ...others] = parameters.take(['uuid', 'integer', ...columns.map(({ type }) => type)]);
    ids.push(id);
    sessions.push(`(${[id, ...others].join(', ')})`);
    rowsOf(counts, parameters, [id]).forEach((own, index) => rows[index]?.push(...own));
  }
  const names = columns.map(({ name }) => name);
  const parts = [
    `asked (${['id', 'version', ...names].join(', ')}) as (values ${sessions.join(', ')})`,
    `held as materialized (select id, version from sessions where id = any (array[${ids.join(', ')}])
      order by id for no key update skip locked)`,
    `moved as (update sessions s set version = s.version + 1${names.map((name) => `, ${name} = asked.${name}`).join('')}
      from held join asked using (id, version) where s.id = held.id
      returning s.id, s.company_id, s.client_id, s.version)`,
    ...addingParts(rows, true),
  ];
  return `with ${parts.join(', ')} select id from moved`;
}

/** What a change of an older message does; its values begin at the given parameter. */
function changeParts(change: MessageChange['kind'], first: number): string[] {
  const here = `where m.session_id = moved.id and m.id = $${first}::uuid`;
  switch (change) {
    case 'edit':
      return [
        `edited as (update messages m set body = $${first + 1}::text, extras = $${first + 2}::json,
          updated_at = $${first + 3}::timestamptz from moved ${here})`,
        // What was said first is told by its event, which is not made from the message from now on.
        `kept as (insert into session_events (session_id, ${Object.keys(entryColumns).join(', ')})
          select moved.id, ${new Parameters(first + 4).take(Object.values(entryColumns)).join(', ')} from moved
          on conflict (session_id, event_seq) do nothing)`,
      ];
    case 'delete':
      // What was said is gone from the log too, as whoever catches up would read it there.
      return [
        `deleted as (update messages m set body = '', extras = null, deleted_at = $${first + 2}::timestamptz from moved ${here})`,
        `scrubbed as (update session_events e set data = (e.data::jsonb || '{"body":"","answers":[],"attachments":[],"actions":[]}')::json
          from moved where e.session_id = moved.id and e.event_seq = $${first + 1}::integer)`,
        `unedited as (update session_events e set data = (e.data::jsonb || '{"body":""}')::json from moved
          where e.session_id = moved.id and e.event = '${EventName.chatMessageEdited}' and e.data->>'id' = $${first}::uuid::text)`,
        `unquoted as (update session_events e set data = jsonb_set(e.data::jsonb, '{replyToMessage,body}', '""')::json from moved
          where e.session_id = moved.id and e.data->>'replyId' = $${first}::uuid::text)`,
        `unquoted_as_said as (update messages m set event_extras = jsonb_set(m.event_extras::jsonb, '{replyTo,body}', '""')::json
          from moved where m.session_id = moved.id and m.reply_to = $${first}::uuid and m.event_extras is not null)`,
      ];
    case 'read':
      return [
        `seen as (update messages m set read_at = coalesce(m.read_at, $${first + 1}::timestamptz) from moved ${here})`,
      ];
  }
}
