import { literal } from '../platform/text.ts';

/** A route as far as its address goes. `url` is in the router's form: `/users/:userId`, `/files/*`. */
interface Address {
  readonly url: string;
  readonly method: string | readonly string[];
}

/** The methods an address has. */
interface Known {
  readonly url: string;
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** Every address with its methods: what is fixed in a path comes before what is a parameter there, as in the router. */
export class Addresses {
  readonly #known = new Map<string, Known>();

  /** Notes a route. */
  add({ url, method }: Address): void {
    const known = this.#known.get(url) ?? { url, pattern: patternOf(url), methods: new Set() };
    this.#known.set(url, known);
    for (const one of typeof method === 'string' ? [method] : method) known.methods.add(one);
  }

  /** The methods of the address that a path is; none where it is none. */
  allowed(path: string): string[] {
    const fits = [...this.#known.values()].filter(({ pattern }) => pattern.test(path));
    const [best] = fits.sort((a, b) => (rank(a.url) < rank(b.url) ? -1 : 1));
    return [...(best?.methods ?? [])];
  }

  /**
   * The methods that a fixed path would be answered under by an address with a parameter in its place: `me` is no id of
   * a user.
   */
  shadowed(): { readonly url: string; readonly method: string[] }[] {
    const all = [...this.#known.values()];
    return all.flatMap(({ url, methods }) => {
      const others = all.filter((other) => other.url !== url && covers(other.url, url));
      const method = [...new Set(others.flatMap((other) => [...other.methods]))].filter((one) => !methods.has(one));
      return method.length === 0 ? [] : [{ url, method }];
    });
  }
}

function patternOf(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part.startsWith(':')) return '[^/]+';
    return part === '*' ? '.+' : literal(part);
  });
  return new RegExp(`^${parts.join('/')}$`);
}

/** Sorts what is fixed before parameters, and these before a rest, from left to right. */
function rank(url: string): string {
  return url
    .split('/')
    .map((part) => (part === '*' ? '2' : part.startsWith(':') ? '1' : '0'))
    .join('');
}

/** Whether an address has a parameter wherever it differs from another one. */
function covers(general: string, fixed: string): boolean {
  const [parts, others] = [general.split('/'), fixed.split('/')];
  return (
    parts.length === others.length &&
    parts.every((part, place) => part === others[place] || (part.startsWith(':') && !others[place]?.startsWith(':')))
  );
}
