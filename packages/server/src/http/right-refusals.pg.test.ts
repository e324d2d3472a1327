import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { METRICS_TOKEN, echoBlocks, startTestApp, type TestApp } from '../testing/test-app.ts';

let app: TestApp;
let chatId: string;
beforeAll(async () => {
  app = await startTestApp({ allowedOrigins: ['https://*.shop.example', 'capacitor://localhost'] });
  chatId = await app.chat(echoBlocks);
});
afterAll(() => app[Symbol.asyncDispose]());

describe('a call that is refused', () => {
  it('is 405 at a fixed path that knows another method, though a parameter would fit there', async () => {
    for (const [method, path, allow] of [
      ['PATCH', '/users/me', 'GET, HEAD'],
      ['PATCH', '/users/me/', 'GET, HEAD'],
      ['PATCH', '/users/settings', 'GET, HEAD'],
      ['POST', '/openapi.json', 'GET, HEAD'],
    ] as const) {
      const answer = await app.call(method, path, {}, app.admin);
      expect([path, answer.status, answer.headers.get('allow')]).toEqual([path, 405, allow]);
    }
    const { status } = await app.call('PATCH', '/users/1', { firstName: 'Ann' }, app.admin);
    expect(status).toBe(204);
    const { body } = await app.call('POST', '/nowhere', {}, app.admin);
    expect(body).toMatchObject({ error: 'There is nothing at this address' });
  });

  it('is 404 for a number that is too wide to be an id here, and 400 for what is none', async () => {
    for (const id of ['2147483648', '9007199254740991']) {
      expect((await app.call('GET', `/users/${id}`, undefined, app.admin)).status).toBe(404);
      const group = { name: id, operatorIds: [Number(id)] };
      expect((await app.call('POST', '/groups', group, app.admin)).status).toBe(404);
    }
    expect((await app.call('GET', '/users/0', undefined, app.admin)).status).toBe(400);
  });

  it('is 400 for a body of null, and writes nothing', async () => {
    const answer = await app.call('POST', `/chats/${chatId}/sessions`, 'null');
    expect([answer.status, answer.body]).toMatchObject([400, { details: { fields: { '': ['must be object'] } } }]);
    const { body } = await app.call('GET', `/sessions?chatId=${chatId}`, undefined, app.admin);
    expect(body['count']).toBe(0);
  });

  it('says where its body stops being JSON', async () => {
    const { status, body } = await app.call('POST', `/chats/${chatId}/sessions`, '{"name": "x",\n  "variables" {}}');
    expect([status, body]).toMatchObject([
      400,
      {
        details: {
          code: 'malformed-json',
          line: 2,
          column: 15,
          fields: { '': ['line 2, column 15: ":" is missing after a name'] },
        },
      },
    ]);
  });
});

it('whatever is read answers to HEAD with the headers of GET', async () => {
  const figures = { authorization: `Bearer ${METRICS_TOKEN}` };
  for (const path of ['/api/v1/users/me', '/api/v1/sessions/', '/api/v1/openapi.json', '/health/live/', '/metrics']) {
    const [head, get] = await Promise.all(
      ['HEAD', 'GET'].map((method) =>
        fetch(app.url + path, { method, headers: path === '/metrics' ? figures : app.admin }),
      ),
    );
    expect([path, head?.status, await head?.text()]).toEqual([path, 200, '']);
    expect(head?.headers.get('content-type')).toBe(get?.headers.get('content-type'));
  }
});

describe('a page of another origin', () => {
  const ask = (origin: string) =>
    fetch(`${app.url}/api/v1/timestamp`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET' },
    });

  it.each(['https://www.shop.example', 'capacitor://localhost', ''])(
    'may call where it is named, as "%s"',
    async (named) => {
      const origin = named === '' ? app.url : named;
      const answer = await ask(origin);
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([204, origin]);
    },
  );

  it('may not where it is not, and is counted', async () => {
    expect((await ask('https://shop.example')).headers.get('access-control-allow-origin')).toBe(null);
    const metrics = await app.metrics();
    expect(metrics).toMatch(/molva_notices_total\{notice="origin-refused"\} 1$/m);
  });
});
