import pg from 'pg';

/**
 * Does the work over a connection of its own, which is closed after it. It is heard for as long as it stands: one that
 * breaks while nobody asks anything would end the process.
 */
export async function overOne<T>(
  config: pg.ClientConfig,
  work: (client: pg.Client) => Promise<T>,
  Client: typeof pg.Client = pg.Client,
): Promise<T> {
  const client = new Client(config);
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
