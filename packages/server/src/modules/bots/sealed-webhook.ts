import type { SealedColumn } from '../../platform/data-keys.ts';
import type { StoredWebhook } from '../../platform/tables.ts';
import type { Vault } from '../../platform/vault.ts';
import type { WebhookSettings } from './webhook-bot.ts';

const placeOf = (botId: string): string => `bot:${botId}`;

/** A webhook as it is stored: its address and its secret are sealed. */
export function sealWebhook(
  { url, secret, answerTimeout }: WebhookSettings,
  botId: string,
  vault: Vault,
): StoredWebhook {
  return { sealed: vault.seal(JSON.stringify({ url, secret }), placeOf(botId)), answerTimeout };
}

/** A webhook as it was given. One whose key is given up leads nowhere. */
export function openWebhook(stored: StoredWebhook, botId: string, vault: Vault): WebhookSettings {
  if (!('sealed' in stored)) return stored;
  const opened = vault.open(stored.sealed, placeOf(botId));
  const { url, secret } = JSON.parse(opened ?? '{"url":"","secret":""}') as Pick<WebhookSettings, 'url' | 'secret'>;
  return { url, secret, answerTimeout: stored.answerTimeout };
}

/** How the webhooks of all bots are sealed anew. */
export function sealedBots(vault: Vault): SealedColumn {
  return {
    read: {
      name: 'bots_sealed',
      text: `select id::text, webhook::text as value from bots
        where webhook is not null and id > $1::uuid order by id limit $2`,
    },
    write: {
      name: 'bots_reseal',
      text: 'update bots set webhook = $3::jsonb where id = $1::uuid and webhook = $2::jsonb',
    },
    first: '00000000-0000-0000-0000-000000000000',
    renew: (value, id) =>
      JSON.stringify(sealWebhook(openWebhook(JSON.parse(value) as StoredWebhook, id, vault), id, vault)),
  };
}
