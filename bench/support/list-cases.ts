import type pg from 'pg';

/** A list query that is measured, with parameters that vary from request to request. */
export interface ListCase {
  readonly name: string;
  /** Path and parameters of the request with this number, from 0. */
  readonly path: (request: number) => string;
  /** Whether it can leave out the count: measured both ways then. */
  readonly counts: boolean;
  /** What reads a million records each time is not asked two hundred times. */
  readonly fewRequests?: boolean;
}

interface Sample {
  readonly id: string;
  readonly client_id: string;
  readonly chat_id: string;
  readonly operator_id: number | null;
  readonly started_at: string;
  readonly activity: string;
  readonly name: string;
  readonly phone: string | null;
}

const SAMPLES = 400;
const HOUR_MS = 3_600_000;

/** Texts by how many of a million sessions have them. */
const texts = {
  'half of all': ['заказ', 'Заказу', 'ВОПРОС', 'order', 'Question'],
  'one in a hundred': ['страховка', 'Insurance', 'страх', 'СТРАХОВКА МАШИНЫ'],
  'one in a hundred thousand': ['жираф', 'giraffe', 'ЖИРАФ'],
  none: ['бегемот', 'zzzyzx', 'hippopotamus', 'заказ 100%', '_____'],
};
/** Searches shorter than a run of three. */
const short = {
  'one letter': ['а', 'о', 'e', 'z', 'ё', 'щ', '№', '9'],
  'two letters': ['ов', 'an', 'ью', 'цо', 'эл', '79', 'yz', 'ъъ'],
};

/** The cases, with the parameters that this database knows. */
export async function listCases(database: pg.Client): Promise<ListCase[]> {
  const { rows } = await database.query<Sample>({
    text: `select b.id, b.client_id, b.chat_id, b.operator_id, to_json(b.started_at) #>> '{}' as started_at,
        to_json(b.started_at + b.pace * 10) #>> '{}' as activity, b.name, s.options->>'messengerUserId' as phone
      from (select b.n, b.id, b.client_id, b.chat_id, b.operator_id, b.started_at, b.pace, b.name, row_number() over (order by b.n) as place
        from bench_sessions b where company = 1 and chat_id is not null) as b
        join sessions s on s.id = b.id
      where place % (select count(*) / $1 from bench_sessions where company = 1 and chat_id is not null) = 0 order by b.n`,
    values: [SAMPLES],
  });
  const { rows: busiest } = await database.query<{ id: string }>(`select bench_uuid(1, 'client') as id`);
  const operators = rows.flatMap((row) => row.operator_id ?? []);
  const phones = rows.flatMap((row) => row.phone ?? []);
  const sample = (request: number): Sample => rows[(request * 37) % rows.length] as Sample;
  const one = <T>(list: readonly T[], request: number): T => list[(request * 7) % list.length] as T;
  const hoursBefore = (instant: string, hours: number): string =>
    new Date(Date.parse(instant) - hours * HOUR_MS).toISOString();

  const cases: ListCase[] = [];
  /** A list of sessions by its parameters. */
  const sessions = (name: string, parameters: (request: number) => Record<string, string>, counts = true): void => {
    cases.push({ name, counts, path: (request) => `/sessions?${new URLSearchParams(parameters(request)).toString()}` });
  };
  /** Pages from the first on, as somebody leafs through them. */
  const leafing = (request: number) => ({ offset: String((request % 20) * 10) });
  const always = (parameters: Record<string, string>) => (request: number) => ({ ...leafing(request), ...parameters });

  sessions('default page', (request) => ({ limit: String(10 + (request % 5) * 20) }));
  sessions('sessionId', (request) => ({ sessionId: sample(request).id }));
  sessions('clientId', (request) => ({ clientId: sample(request).client_id }));
  sessions('from and to, a day', (request) => {
    const { started_at: to } = sample(request);
    return { from: hoursBefore(to, 24), to };
  });
  sessions('from and to, a quarter', (request) => {
    const { started_at: to } = sample(request);
    return { from: hoursBefore(to, 24 * 90), to };
  });
  for (const value of ['1', '0']) sessions(`markedAsSpam ${value}`, always({ markedAsSpam: value }));
  sessions('operatorId', (request) => ({ operatorId: String(one(operators, request)) }));
  for (const value of ['BOT', 'OPERATOR']) sessions(`operatorType ${value}`, always({ operatorType: value }));
  for (const value of ['WAIT', 'STOP', 'OPERATOR', 'ERROR'])
    sessions(`botStatus ${value}`, always({ botStatus: value }));
  for (const value of ['ACTIVE', 'CLOSED']) sessions(`status ${value}`, always({ status: value }));
  sessions('chatId', (request) => ({ ...leafing(request), chatId: sample(request).chat_id }));
  sessions('groupByClientId', always({ groupByClientId: '1' }));
  sessions('tags rare', always({ tags: 'tag-20' }));
  sessions('tags common', always({ tags: 'tag-1' }));
  sessions('tags, three', always({ tags: 'tag-2,tag-9,tag-15' }));
  for (const value of ['1', '0']) sessions(`clientBanned ${value}`, always({ clientBanned: value }));
  for (const [share, list] of Object.entries(texts)) {
    sessions(`name, in ${share}`, (request) => ({ ...leafing(request), name: one(list, request) }));
    sessions(`keyword, in ${share}`, (request) => ({ ...leafing(request), keyword: one(list, request) }));
  }
  for (const [length, list] of Object.entries(short)) {
    sessions(`keyword, ${length}`, (request) => ({ ...leafing(request), keyword: one(list, request) }));
  }
  sessions('keyword, a whole name', (request) => ({ keyword: sample(request).name }));
  sessions('keyword, part of a phone', (request) => ({ keyword: one(phones, request).slice(2, 9) }));
  sessions('keyword, beginning of an id', (request) => ({ keyword: sample(request).id.slice(0, 8 + (request % 5)) }));
  sessions('keyword, beginning of a client id', (request) => ({ keyword: sample(request).client_id.slice(0, 13) }));

  for (const field of ['name', 'status', 'markedAsSpam', 'startedAt', 'lastMessageCreatedAt', 'operatorAssignedAt']) {
    for (const sort of [field, `-${field}`]) sessions(`sort ${sort}`, always({ sort }));
  }
  sessions('after a startedAt, deep', (request) => ({
    sort: '-startedAt',
    offsetField: 'startedAt',
    offsetValue: sample(request).started_at,
  }));
  sessions('after a lastMessageCreatedAt, deep', (request) => ({
    sort: '-lastMessageCreatedAt',
    offsetField: 'lastMessageCreatedAt',
    offsetValue: sample(request).activity,
  }));
  sessions('offset 100,000', (request) => ({ offset: String(100_000 + request * 10) }));
  sessions('offset 100,000, sort -lastMessageCreatedAt', (request) => ({
    offset: String(100_000 + request * 10),
    sort: '-lastMessageCreatedAt',
  }));
  sessions('status ACTIVE, sort -lastMessageCreatedAt', always({ status: 'ACTIVE', sort: '-lastMessageCreatedAt' }));
  sessions('chatId, from and to', (request) => {
    const { started_at: to, chat_id: chatId } = sample(request);
    return { chatId, from: hoursBefore(to, 24 * 7), to };
  });
  sessions('operatorId, status ACTIVE', (request) => ({
    operatorId: String(one(operators, request)),
    status: 'ACTIVE',
  }));
  sessions('operatorId, status ACTIVE, sort -lastMessageCreatedAt', (request) => ({
    operatorId: String(one(operators, request)),
    status: 'ACTIVE',
    sort: '-lastMessageCreatedAt',
  }));
  sessions('keyword in half of all, status ACTIVE', always({ keyword: 'заказ', status: 'ACTIVE' }));
  sessions('keyword in one in a hundred, status ACTIVE', always({ keyword: 'страховка', status: 'ACTIVE' }));
  sessions('keyword in one in a hundred, sort name', always({ keyword: 'страховка', sort: 'name' }));
  sessions('tags common, status ACTIVE', always({ tags: 'tag-1', status: 'ACTIVE' }));
  sessions('clientBanned 1, status ACTIVE', always({ clientBanned: '1', status: 'ACTIVE' }));
  const groups = ['status', 'botStatus', 'operatorType', 'operatorId', 'chatId', 'markedAsSpam', 'chatId,status'];
  const wideGroups = ['clientId', 'name', 'startedAt', 'lastMessageCreatedAt', 'operatorAssignedAt', 'id'];
  for (const group of groups) sessions(`group ${group}`, () => ({ group }));
  for (const group of wideGroups) {
    cases.push({ name: `group ${group}`, path: () => `/sessions?group=${group}`, counts: true, fewRequests: true });
  }

  const others: Record<string, (request: number) => string> = {
    'messages of a session': (request) => `/sessions/${sample(request).id}/messages?limit=20`,
    'messages of a session, backwards': (request) => `/sessions/${sample(request).id}/messages?before=9&limit=5`,
    'messages of a client': (request) => `/clients/${sample(request).client_id}/messages?limit=20`,
    'messages of the busiest client': (request) => `/clients/${busiest[0]?.id}/messages?offset=${request * 20}`,
    chats: (request) => `/chats?offset=${(request % 4) * 10}`,
    bots: () => '/bots',
    users: (request) => `/users?offset=${(request % 18) * 10}`,
    tags: () => '/tags',
  };
  for (const [name, path] of Object.entries(others)) cases.push({ name, path, counts: true });
  cases.push({ name: 'a session', path: (request) => `/sessions/${sample(request).id}`, counts: false });
  cases.push({
    name: 'events of a session',
    path: (request) => `/sessions/${sample(request).id}/events`,
    counts: false,
  });
  return cases;
}
