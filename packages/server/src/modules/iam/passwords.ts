import { hash, parseOptions, verify, type Options } from '@node-rs/argon2';
import { tooManyRequests } from '../../platform/failure.ts';

/** What OWASP advises for argon2id where memory is shared with other work: 19 MiB, two passes, one lane. */
const PARAMETERS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const satisfies Options;

/**
 * Passwords worked on at a time. Hashing occupies a thread of the process's pool, which has four; signatures, files and
 * look-ups of names need the others.
 */
const AT_ONCE = 2;
/** Who waits for a turn: a device or place that was let in before, an account without recent failures, any other. */
export type Standing = 'known' | 'clean' | 'failing';

/** The best first. */
const standings: readonly Standing[] = ['known', 'clean', 'failing'];
/** How many wait at most where another one comes, all together a few seconds of work: the rest is for the better ones. */
const WAITING: Readonly<Record<Standing, number>> = { known: 256, clean: 192, failing: 128 };
/** Every so many turns the last come first, so that nobody waits for ever. */
const FAIR = 4;

/** Whether a password fits a hash. */
export type Fits = (passwordHash: string, password: string) => Promise<boolean>;

/** Makes and checks hashes of passwords, a few at a time: a flood of logins cannot take the process. */
export class Passwords {
  #working = 0;
  #turns = 0;
  readonly #waiting: Readonly<Record<Standing, (() => void)[]>> = { known: [], clean: [], failing: [] };

  /** An argon2id hash with its parameters in it. */
  hash(password: string): Promise<string> {
    // Whoever sets one has proved who it is.
    return this.#inTurn('known', () => hash(password, PARAMETERS));
  }

  /**
   * Runs work that checks passwords when its turn comes; throws `too-many-requests` where too many wait. What it looks
   * up is not older than its turn.
   */
  check<T>(standing: Standing, work: (fits: Fits) => Promise<T>): Promise<T> {
    return this.#inTurn(standing, () => work(verify));
  }

  async #inTurn<T>(standing: Standing, work: () => Promise<T>): Promise<T> {
    if (this.#working >= AT_ONCE) {
      const waiting = standings.reduce((sum, one) => sum + this.#waiting[one].length, 0);
      if (waiting >= WAITING[standing]) throw tooManyRequests(2);
      // Whoever ends hands its place on, so that the number of those at work stays.
      await new Promise<void>((turn) => this.#waiting[standing].push(turn));
    } else this.#working += 1;
    try {
      return await work();
    } finally {
      const next = this.#next();
      if (next === undefined) this.#working -= 1;
      else next();
    }
  }

  #next(): (() => void) | undefined {
    const order = ++this.#turns % FAIR === 0 ? standings.toReversed() : standings;
    return order
      .map((standing) => this.#waiting[standing])
      .find(({ length }) => length > 0)
      ?.shift();
  }
}

/** Whether a hash was made with other parameters than hashes are made with now. */
export function isOutdated(passwordHash: string): boolean {
  const { algorithm, memoryCost, timeCost, parallelism } = parseOptions(passwordHash);
  return (
    Number(algorithm) !== PARAMETERS.algorithm ||
    memoryCost !== PARAMETERS.memoryCost ||
    timeCost !== PARAMETERS.timeCost ||
    parallelism !== PARAMETERS.parallelism
  );
}

/**
 * Letters and digits that nobody mistakes for another; 20 of them carry over 110 bits.
 * @param randomBytes source of randomness
 */
export function generatePassword(randomBytes: (count: number) => Uint8Array): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  const usable = 256 - (256 % alphabet.length);
  let password = '';
  while (password.length < 20) {
    for (const byte of randomBytes(32)) {
      if (byte < usable && password.length < 20) password += alphabet[byte % alphabet.length];
    }
  }
  return password;
}
