import type { WireRecord } from './recorder.ts';

/** A call as a curl command. */
export function asCurl(record: WireRecord & { kind: 'call' }): string {
  const { method, url, request } = record;
  if (request === undefined) return curlOf(method, url, {}, undefined);
  return curlOf(method, url, { 'Content-Type': 'application/json' }, JSON.stringify(request));
}

/** A curl command of what a call is made of. */
export function curlOf(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string | undefined,
): string {
  const options = Object.entries(headers).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`);
  if (body !== undefined) options.push(`-d ${quote(body)}`);
  return [`curl -X ${method} ${quote(url)}`, ...options].join(' \\\n  ');
}

/** What was sent over the socket as code for the `centrifuge` library; undefined where the library does it by itself. */
export function asCode(message: Readonly<Record<string, unknown>>, socket: string): string | undefined {
  const { connect, rpc } = message as { connect?: { data?: unknown }; rpc?: { method: string; data?: unknown } };
  if (connect !== undefined) {
    const data = JSON.stringify(connect.data, null, 2).replaceAll('\n', '\n  ');
    return [
      "import { Centrifuge } from 'centrifuge';",
      '',
      `const client = new Centrifuge(${JSON.stringify(socket)}, {`,
      "  name: 'js',",
      `  data: ${data},`,
      '});',
      "client.on('publication', ({ data }) => console.log(data.event, data.data));",
      'client.connect();',
    ].join('\n');
  }
  return rpc && `await client.rpc(${JSON.stringify(rpc.method)}, ${JSON.stringify(rpc.data)});`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
