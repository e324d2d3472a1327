import { API_BASE, openApiDocument, operations } from '@molva/contract';
import type { FastifyInstance } from 'fastify';
import type { Database } from '../platform/database.ts';
import type { Metrics } from '../platform/metrics.ts';

const ping = { name: 'health_ping', text: 'select 1' };

/** Adds what operators and tools ask of a service: health, metrics, the API's description. */
export function addService(
  server: FastifyInstance,
  parts: { database: Database; metrics: Metrics; url: string; version: string },
): void {
  server.get('/health/live', async () => ({ status: 'live' }));
  server.get('/health/ready', async (_request, reply) => {
    try {
      await parts.database.query(ping, []);
      return { status: 'ready' };
    } catch {
      return reply.code(503).send({ status: 'the database does not answer' });
    }
  });
  server.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4').send(await parts.metrics.text()),
  );
  const document = openApiDocument(Object.values(operations), parts.url, parts.version);
  server.get(`${API_BASE}/openapi.json`, async () => document);
}
