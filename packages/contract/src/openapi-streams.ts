import type { TSchema } from 'typebox';
import type { DocumentSchemas, Json } from './document-schemas.ts';
import { headersOf } from './openapi-errors.ts';
import type { Operation, StreamedBody } from './operation.ts';

/** A body that is not JSON, with how much of it is taken. */
export function streamedBody({ type, limit }: StreamedBody, schema: TSchema, schemas: DocumentSchemas): Json {
  return {
    description: `At most ${limit.toLocaleString('en')} bytes.`,
    required: true,
    content: { [type]: { schema: schemas.place(schema) } },
  };
}

/** What a streamed answer to a GET may be besides the whole of it: a part, or the news that there is none. */
export function choices({ method, produces }: Operation): Json {
  if (method !== 'GET' || produces === undefined) return {};
  const headers = headersOf('X-Request-Id');
  return {
    206: {
      description: 'The bytes that `Range` asks for: one range, where the length is known; of several none is picked',
      headers,
      content: { [produces]: {} },
    },
    304: { description: 'Unchanged by `If-None-Match` or `If-Modified-Since`; the body is empty', headers },
  };
}
