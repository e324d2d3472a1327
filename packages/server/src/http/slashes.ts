import { ALL_BASES, pathsOf } from '@molva/contract';
import type { Route } from '../platform/route.ts';

/**
 * Takes slashes that are too many out of an address: clients join bases and paths with two of them, or end with one. What
 * a parameter that takes the rest of the path says is left as it is.
 */
export function slashesTaken(routes: readonly Route[]): (url: string) => string {
  const heads = routes
    .filter(({ operation }) => operation.takesRest === true)
    .flatMap(({ operation }) => ALL_BASES.flatMap((base) => pathsOf(operation).map((path) => headOf(base + path))));
  return (url) => {
    const at = url.indexOf('?');
    const path = at < 0 ? url : url.slice(0, at);
    const plain = !path.includes('//') && (path === '/' || !path.endsWith('/'));
    if (plain || !path.startsWith('/')) return url;
    const head = heads.map((pattern) => pattern.exec(path)?.[0]).find((found) => found !== undefined);
    const taken = head === undefined ? single(path).replace(/(?<=.)\/$/, '') : single(head) + path.slice(head.length);
    return taken + url.slice(path.length);
  };
}

/** What stands before a last parameter, with as many slashes as a client may write. */
function headOf(template: string): RegExp {
  const before = template.slice(0, template.lastIndexOf('{')).replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${before.replaceAll('/', '/+').replace(/\/\+$/, '/')}`);
}

function single(path: string): string {
  return path.replaceAll(/\/+/g, '/');
}
