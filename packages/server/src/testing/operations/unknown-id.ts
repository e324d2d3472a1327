import { ALL_BASES } from '@molva/contract';
import { expect } from 'vitest';
import { expectFailure } from './answers.ts';
import type { DocumentedCall } from './document.ts';
import { addressOf, preparedCall } from './right-call.ts';
import { nobody, type Crew, type Identity } from './tenant.ts';
import type { Shape } from './wrong-values.ts';

/** Parameters of paths that name nothing there has to be. */
export const FREE: ReadonlySet<string> = new Set(['newName']);

/** Ids of the form the parameter has, that nothing is known by; numbers of every documented width. */
export function unknownIds(schema: unknown): (string | number)[] {
  const { type, format, anyOf } = schema as Shape;
  if (anyOf !== undefined) return unknownIds(anyOf[0]);
  if (type === 'integer') return [2_000_000_000, 2_147_483_648, Number.MAX_SAFE_INTEGER];
  return format === 'uuid' ? [crypto.randomUUID()] : ['200000000'];
}

/** What does not exist is not found, and neither is what the document does not name. */
export async function unknownIdOf(call: DocumentedCall, calls: readonly DocumentedCall[], crew: Crew): Promise<void> {
  const { params, body, as } = await preparedCall(call, crew);
  const { app, admin } = crew.tenant;
  const { method, access } = call.operation;
  const ids = call.parameters.filter(({ name, in: place }) => place === 'path' && !FREE.has(name));
  for (const { name, schema } of ids) {
    for (const id of unknownIds(schema)) {
      const address = addressOf(call, { ...params, [name]: id });
      for (const identity of access === 'holder' || access === 'open' ? [as, admin, crew.operator.header] : [as]) {
        expectFailure(await app.call(method, address, body, { ...identity }), 'entity-not-found');
      }
    }
  }
  // Nothing is below a path but what the document says, under any of the bases.
  for (const base of ALL_BASES) {
    const nowhere = `${base}${addressOf(call, params)}/no/where`;
    if (call.operation.takesRest !== true) expectFailure(await app.call(method, nowhere, body, as), 'path-not-found');
  }
  await onlyDocumentedMethods(call, calls, crew, addressOf(call, params));
  expectFailure(await app.call(method, `/nowhere${addressOf(call, params)}`, body, nobody), 'path-not-found');
}

/** What is answered to HEAD. */
function headOf(url: string, headers: Identity): Promise<Response> {
  return fetch(url, { method: 'HEAD', headers: { ...headers } });
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** The methods the document has for an address answer; others are refused with the list of them. */
async function onlyDocumentedMethods(
  call: DocumentedCall,
  calls: readonly DocumentedCall[],
  { tenant }: Crew,
  address: string,
): Promise<void> {
  const there = calls.filter(({ path, operation }) => {
    const open = operation.takesRest === true ? path.replace(/\{\w+\}$/, '.+') : path;
    return new RegExp(`^${open.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(address);
  });
  // What a path says itself comes before a parameter that it could be: `me` is no id.
  const parameters = Math.min(...there.map(({ path }) => path.split('{').length));
  const nearest = there.filter(({ path }) => path.split('{').length === parameters);
  const methods = new Set<string>(nearest.map(({ operation }) => operation.method));
  if (methods.has('GET')) {
    methods.add('HEAD');
    const { status } = await tenant.app.call('GET', address, undefined, { ...tenant.admin });
    expect((await headOf(`${tenant.app.url}/api/v1${address}`, tenant.admin)).status).toBe(status);
  }
  expect(methods).toContain(call.operation.method);
  for (const method of METHODS) {
    if (methods.has(method)) continue;
    const answer = await tenant.app.call(method, address, undefined, { ...tenant.admin });
    expectFailure(answer, 'method-not-allowed');
    expect(new Set(answer.headers.get('allow')?.split(', '))).toEqual(methods);
  }
}
