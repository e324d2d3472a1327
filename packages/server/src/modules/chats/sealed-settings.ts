import { defaultChatSettings, type ChatSettings } from '@molva/contract';
import type { SealedColumn } from '../../platform/data-keys.ts';
import { sealedBy, type Vault } from '../../platform/vault.ts';

/** Settings that are secrets, or have some in them, as addresses do. */
const sealed = [
  'identitySecret',
  'callbackSecret',
  'fcmServerKey',
  'fcmServiceUrl',
  'eventCallbackUrl',
  'eventCallbackData',
  'messengers',
] as const satisfies readonly (keyof ChatSettings)[];

type Stored = Readonly<Record<string, unknown>>;

const placeOf = (chatId: string, name: string): string => `chat:${chatId}:${name}`;

/** Settings as they are stored. */
export function sealSettings(settings: Stored, chatId: string, vault: Vault): Stored {
  const kept = sealed.flatMap((name) => {
    const value = settings[name];
    const nothing = value === null || value === undefined || JSON.stringify(value) === '{}';
    return nothing ? [] : [[name, vault.seal(JSON.stringify(value), placeOf(chatId, name))]];
  });
  return { ...settings, ...Object.fromEntries(kept) };
}

/** Settings as they were given; what was stored before there were keys is not sealed. */
export function openSettings(stored: Stored, chatId: string, vault: Vault): ChatSettings {
  const opened = sealed.flatMap((name) => {
    const value = stored[name];
    if (typeof value !== 'string' || sealedBy(value) === undefined) return [];
    const text = vault.open(value, placeOf(chatId, name));
    return [[name, text === null ? defaultChatSettings[name] : (JSON.parse(text) as unknown)]];
  });
  return { ...defaultChatSettings, ...stored, ...Object.fromEntries(opened) } as ChatSettings;
}

/** How settings of all chats are sealed anew. */
export function sealedChats(vault: Vault): SealedColumn {
  return {
    read: {
      name: 'chats_sealed',
      text: 'select id::text, settings::text as value from chats where id > $1::uuid order by id limit $2',
    },
    write: {
      name: 'chats_reseal',
      text: 'update chats set settings = $3::json where id = $1::uuid and settings::text = $2',
    },
    first: '00000000-0000-0000-0000-000000000000',
    renew: (value, id) => JSON.stringify(sealSettings(openSettings(JSON.parse(value) as Stored, id, vault), id, vault)),
  };
}
