import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { eventSchemas } from './events.ts';
import { rpcSchemas, WidgetConnectData } from './live.ts';
import { openApiDocument } from './openapi.ts';
import { operations } from './operations/table.ts';

/**
 * The shape of the wire. Where this fails, the wire changed: make sure that old clients still work (new fields, events
 * and calls only), write down in docs/adr what could not stay, and put the new hash here.
 */
const SHAPE = '857ec3be26d32204';

it('the wire has the shape everybody agreed on', () => {
  const document = openApiDocument(Object.values(operations), 'https://example.com', '0');
  const shape = JSON.stringify([document, eventSchemas, rpcSchemas, WidgetConnectData]);
  expect(createHash('sha256').update(shape).digest('hex').slice(0, 16)).toBe(SHAPE);
});

it('every operation has a name of its own, and a schema for its answer', () => {
  const all = Object.values(operations);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  for (const operation of all) expect(Object.keys(operation.answers).length, operation.id).toBeGreaterThan(0);
});
