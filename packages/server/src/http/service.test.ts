import { ALL_BASES } from '@molva/contract';
import fastify from 'fastify';
import { afterAll, expect, it } from 'vitest';
import { underOneBase } from './one-base.ts';
import { addService } from './service.ts';

// Each document is made once, which takes a moment.
const server = fastify({ rewriteUrl: ({ url = '' }) => underOneBase(url) });
addService(server, { url: 'https://chat.example', version: '1.2.3', watch: {} as never });
afterAll(() => server.close());

it.each(ALL_BASES.flatMap((base) => [`${base}/openapi.json`, `${base}/asyncapi.json`]))(
  '%s describes the API at its public address, for anybody',
  async (path) => {
    const { statusCode, headers, body } = await server.inject(path);
    expect([statusCode, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    const document = JSON.parse(body) as Record<string, unknown> & { info: object };
    expect(document.info).toMatchObject({ version: '1.2.3' });
    expect(body).toContain('chat.example');
    expect('openapi' in document).toBe(path.endsWith('openapi.json'));
  },
);

it('figures are nowhere where nothing is said of them', async () => {
  expect((await server.inject('/metrics')).statusCode).toBe(404);
});
