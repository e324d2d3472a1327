import { demoBots } from '../modules/bots/index.ts';
import type { FirstAdmin } from '../modules/iam/index.ts';
import type { Modules } from './modules.ts';

/** Gives the first company what the start page shows: a bot and a chat for each language. */
export async function createDemo(admin: FirstAdmin, { bots, chats }: Modules): Promise<void> {
  for (const demo of demoBots) {
    const { name, language, scenario } = demo;
    const botId = await bots.create(admin.companyId, admin.userId, { name, language, scenario });
    await chats.create(admin.companyId, {
      name: demo.chat,
      botId,
      operatorsBusyMessage: demo.busy,
      appearance: { demo: language },
    });
  }
}
