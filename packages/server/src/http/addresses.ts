import { literal } from '../platform/text.ts';

/** A route as far as its address goes. `url` is in the router's form: `/users/:userId`, `/files/*`. */
interface Address {
  readonly url: string;
  readonly method: string | readonly string[];
}

/** The methods an address has. */
interface Known {
  readonly url: string;
  readonly parts: readonly string[];
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** Every address with its methods: what is fixed in a path comes before what is a parameter there, as in the router. */
export class Addresses {
  readonly #known = new Map<string, Known>();

  /** Notes a route. */
  add({ url, method }: Address): void {
    const known = this.#known.get(url) ?? {
      url,
      parts: url.split('/'),
      pattern: patternOf(url),
      methods: new Set(),
    };
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
    // Every start looks at all pairs: those that cannot cover are not looked at.
    const general = Map.groupBy(
      all.filter(({ url }) => url.includes(':')),
      ({ parts }) => parts.length,
    );
    return all.flatMap(({ url, parts, methods }) => {
      const others = (general.get(parts.length) ?? []).filter(
        (other) => other.url !== url && covers(other.parts, parts),
      );
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

/** Whether an address has a parameter wherever it differs from another one of as many parts. */
function covers(general: readonly string[], fixed: readonly string[]): boolean {
  return general.every(
    (part, place) => part === fixed[place] || (part.startsWith(':') && fixed[place]?.startsWith(':') === false),
  );
}
