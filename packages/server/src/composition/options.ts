import type { FileSource } from '../modules/sessions/index.ts';
import type { Limits } from '../http/rate-limit.ts';
import type { Clock, Elapsed } from '../platform/clock.ts';
import type { HostPort } from '../platform/config-values.ts';
import type { DatabaseConnection } from '../platform/database.ts';
import type { Ids } from '../platform/ids.ts';
import type { Log } from '../platform/log.ts';
import type { NodeIdentity } from '../platform/node-lease.ts';
import type { Secrets } from '../platform/secrets.ts';

/** What an application is made of; the process, or a test, decides. */
export interface AppOptions {
  readonly connection: DatabaseConnection;
  readonly node: NodeIdentity;
  readonly secrets: Secrets;
  readonly clock: Clock & Elapsed;
  readonly ids: Ids;
  readonly log: Log;
  readonly version: string;
  readonly host: string;
  readonly port: number;
  /** Made from the address listened on where it is absent. */
  readonly publicUrl: string | undefined;
  readonly allowedOrigins: readonly string[] | undefined;
  /** Proxies whose word about the caller's address is taken: addresses and networks. */
  readonly trustedProxies: readonly string[];
  readonly limits: Limits;
  /** Connections that stand from one address, which is no proxy's; 0 for no limit. */
  readonly connectionsPerAddress: number;
  /** Where figures are answered, and to whom: nowhere without either. */
  readonly metrics: { readonly address: HostPort | undefined; readonly token: string | undefined };
  readonly outgoingAllow: readonly string[];
  /** The same for addresses that visitors name: none where it is absent, as in every process. */
  readonly visitorOutgoingAllow?: readonly string[];
  readonly admin: { readonly email: string; readonly password: string | undefined };
  readonly demo: boolean;
  /** Finds the files that messages name; none can be uploaded yet, so there are none where it is absent. */
  readonly files?: FileSource;
}
