import type { Clock } from './clock.ts';
import type { Log } from './log.ts';

/** What happens without anybody who runs the server seeing it, mostly by strangers: the words of each kind in the log. */
export const notices = {
  'bot-over-budget': 'a turn of a bot wanted more than a turn may have: its dialog goes to people',
  'bot-in-circle': 'a bot went on and on without its client: its dialog goes to people',
  'origin-refused':
    'a page of an origin that is not let in was refused: sites that embed the chat stand in MOLVA_ALLOWED_ORIGINS',
  'call-unreadable': 'what came over a connection was no HTTP and was cut off',
  'call-limited': 'calls of one caller went beyond its limit and were refused',
  'credentials-refused': 'a wrong password or refresh token was refused',
  'token-refused': 'a call without a valid token was refused',
  'connection-refused': 'an address had as many connections as one may have, and another was refused',
  'connection-untaken': 'a connection could not be taken',
  'sender-cut': 'a connection that sent its call too slowly was cut off',
  'live-limited': 'live commands of one session, connection or address went beyond its limit and were refused',
  'live-slow': 'a live connection took too little too slowly and was sent away, to come back',
  'live-command-failed': 'a live command failed here and was answered as an error',
  'live-stream-lost': 'the stream of a session could not be followed: its subscribers were sent to recover',
  'live-end-unheard': 'the end of a live connection could not be taken in',
  'live-proofs-unheard': 'live connections of a chat whose proofs changed could not be sent to connect anew',
  'live-ban-unheard': 'a session could not be taken from the live connections of a client that is banned',
  'visitor-calls-limited': 'visitors of one address asked for more calls to addresses of theirs than they may have',
  'visitor-call-failed': 'a call to an address that a visitor named failed',
  'presence-unwritten': 'clients that left could not be marked offline, which is tried again',
  'descriptors-short': 'a call was refused as nothing more can be opened: raise the limit of open files (ulimit -n)',
  'disk-full': 'a call was refused as there is no room on a disk: it goes on by itself when there is',
  'memory-short': 'a call was refused as the system has no memory for it: it goes on by itself when there is',
  'body-refused': 'bodies of calls under way were more than there is room for: the oldest was refused',
  'reader-cut': 'a connection that took its answer too slowly was cut off',
  'bot-lane-full': 'a turn of a bot that costs much waited for others too long, or with too many: it was refused',
  'bot-checks-full': 'too many scenarios of one company wait to be checked or loaded: one was refused',
  'bot-unanswered': 'a bot elsewhere did not answer: the dialog goes to people',
  'call-failed': 'an outgoing call failed and is tried again',
  'call-given-up': 'an outgoing call failed for good and is given up',
  'caps-crowded': 'too many creations for one owner wait for one another: one was refused',
  'client-contended': 'a call was refused as others of its client were faster each time',
  'database-crowded': 'too many wait for a connection to the database: one was refused',
  'step-overtaken': 'a step of a session was refused as others of the session were faster each time',
  'writes-crowded': 'steps of sessions wait to be written, too many or too long: one was refused',
} as const satisfies Record<string, string>;

/** A kind of notice. */
export type Notice = keyof typeof notices;

/** What a notice names: no texts, tokens or whole ids. */
export type NoticeDetails = Readonly<Record<string, string | number | null>>;

/** At most one line of a kind within this: its first at once, the others as a number at the end. */
const QUIET_MS = 60_000;

/** Tells what strangers cause: each is counted, and the log has a line at a limited rate. */
export class Notices {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #count: (notice: Notice) => void;
  /** How many were left out since the last line, of the kinds that had one within the time. */
  readonly #left = new Map<Notice, number>();

  constructor(log: Log, clock: Clock, count: (notice: Notice) => void) {
    this.#log = log;
    this.#clock = clock;
    this.#count = count;
  }

  /** Counts one, and writes its line where it is the first within the time. */
  tell(notice: Notice, details: NoticeDetails = {}): void {
    this.#count(notice);
    const left = this.#left.get(notice);
    if (left !== undefined) {
      this.#left.set(notice, left + 1);
      return;
    }
    this.#log.warn({ notice, ...details }, notices[notice]);
    this.#rest(notice);
  }

  #rest(notice: Notice): void {
    this.#left.set(notice, 0);
    this.#clock.setTimeout(() => {
      const times = this.#left.get(notice) ?? 0;
      this.#left.delete(notice);
      if (times === 0) return;
      this.#log.warn({ notice, times }, notices[notice]);
      this.#rest(notice);
    }, QUIET_MS);
  }
}

/** Characters of an origin that the log shows: strangers choose it. */
const SHOWN = 100;

/** Tells of a page that was refused, by its origin: whoever runs the server names it, or knows it for a stranger's. */
export function tellForeign(notices: Pick<Notices, 'tell'>, origin: string | undefined, address: string): void {
  notices.tell('origin-refused', { address, origin: (origin ?? '').slice(0, SHOWN), setting: 'MOLVA_ALLOWED_ORIGINS' });
}
