import type { MolvaProcess } from './molva.ts';

/** Says what it heard, and asks for more. */
const scenario = {
  version: 1,
  language: 'en',
  start: 'start',
  blocks: {
    start: { type: 'start', next: 'listen' },
    listen: { type: 'question', text: 'Say something', variable: 'said', default: 'answer' },
    answer: { type: 'message', text: 'You said {said}', next: 'more' },
    more: { type: 'question', text: 'More', variable: 'said', default: 'answer' },
  },
};

/** Makes a bot that says "You said" and what it heard, and a chat with it; answers the chat's id. */
export async function echoChat(molva: MolvaProcess): Promise<string> {
  const headers = await molva.admin();
  const create = async (path: string, body: unknown): Promise<string> =>
    (await molva.make<{ id: string }>(path, body, headers)).id;
  return create('/chats', { name: 'Echo', botId: await create('/bots', { name: 'Echo', scenario }) });
}
