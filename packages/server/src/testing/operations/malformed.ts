import type { TSchema } from 'typebox';
import { expect } from 'vitest';
import type { Answered } from '../test-app.ts';
import { expectFailure, expectSuccess } from './answers.ts';
import type { DocumentedCall } from './document.ts';
import { addressOf, preparedCall, type PathValues } from './right-call.ts';
import type { Crew } from './tenant.ts';
import { wrongTexts, wrongValues, type Shape } from './wrong-values.ts';

/** Longest path parameter the router reads; what is longer is no address at all. */
const LONGEST_PARAMETER = 512;

/** Whatever is wrong is refused by its name, one thing at a time beside input that is right. */
export async function malformed(call: DocumentedCall, crew: Crew): Promise<void> {
  const { params, body, as } = await preparedCall(call, crew);
  const { method } = call.operation;
  const attempt = (
    change: { params?: PathValues; query?: string; body?: unknown } = {},
  ): Promise<Answered<unknown>> => {
    const address = addressOf(call, { ...params, ...change.params });
    const sent = 'body' in change ? change.body : body;
    return crew.tenant.app.call(method, address + (change.query ?? ''), sent, { ...as });
  };
  const refused = async (field: string, change: Parameters<typeof attempt>[0]): Promise<void> => {
    const answer = await attempt(change);
    expectFailure(answer, 'invalid-input');
    expect(namesField(answer, field), `${field}: ${JSON.stringify(answer.body)}`).toBe(true);
  };
  for (const { name, in: place, schema } of call.parameters) {
    for (const text of wrongTexts(schema)) {
      if (place === 'query') await refused(name, { query: `?${new URLSearchParams({ [name]: text })}` });
      else if (text.length <= LONGEST_PARAMETER) await refused(name, { params: { [name]: text } });
    }
  }
  if (call.body !== undefined) {
    for (const text of ['"text"', '[1]', '7', 'true', 'null']) await refused('', { body: text });
    for (const [name, property] of propertiesOf(call.body)) {
      for (const value of wrongValues(property)) await refused(name, { body: { ...(body as object), [name]: value } });
    }
    for (const name of (call.body as Shape).required ?? []) {
      const { [name]: _, ...rest } = body as Record<string, unknown>;
      await refused(name, { body: rest });
    }
  }
  if (method !== 'GET') {
    for (const text of ['{"broken', '{"a":1}}', '{a:1}', 'NaN']) {
      expectFailure(await attempt({ body: text }), 'malformed-json');
    }
  }
  // What nobody asks for is not looked at.
  if (call.parameters.length === 0 && call.body === undefined) {
    expectSuccess(call.operation, await attempt({ query: '?x_widget=1&unknown[]=%00' }));
  }
}

/** What a body can have: its properties, and one of each kind of free name. */
function propertiesOf(schema: TSchema): [string, TSchema][] {
  const { properties = {}, patternProperties = {} } = schema as Shape;
  const free = Object.entries(patternProperties).map(([pattern, value]): [string, TSchema] => {
    const name = ['name', crypto.randomUUID()].find((one) => new RegExp(pattern).test(one));
    if (name === undefined) throw new Error(`no name fits ${pattern}`);
    return [name, value];
  });
  return [...Object.entries(properties), ...free];
}

/** Whether the answer blames the field, or a part of it. */
function namesField({ body }: Answered<unknown>, field: string): boolean {
  const { details } = body as { details: { fields: Record<string, string[]> } };
  const names = Object.keys(details.fields);
  return names.some((name) => name === field || name.startsWith(`${field}.`));
}
