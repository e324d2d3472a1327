import { essence } from '../operations/answers.ts';
import type { DocumentedCall } from '../operations/document.ts';
import { preparedCall, type PathValues, type RightCall } from '../operations/right-call.ts';
import type { Cast } from './cast.ts';
import { attempt } from './refusals.ts';

interface Input {
  readonly params?: PathValues;
  readonly body?: unknown;
}

/** Inputs of the calls whose input is the proof: one about what there is, one about what there is not. */
const inputs: Readonly<
  Record<string, (cast: Cast, right: RightCall) => readonly [there: Input, nowhere: Input] | null>
> = {
  login: ({ home }) => {
    const password = 'a wrong one';
    return [{ body: { email: home.operator.email, password } }, { body: { email: 'nobody@test', password } }];
  },
  refresh: ({ home }) => [
    { body: { refreshToken: `${home.operator.refreshToken}A` } },
    { body: { refreshToken: 'made up' } },
  ],
  logout: ({ home }) => [
    { body: { refreshToken: `${home.operator.refreshToken}A` } },
    { body: { refreshToken: 'made up' } },
  ],
  answerForBot: (_cast, { params }) => [
    { params: { replyToken: String(params['replyToken']).replace(/.{8}$/, 'AAAAAAAA') } },
    { params: { replyToken: 'made-up' } },
  ],
  // It says what everybody may know.
  getKeys: () => null,
};

/**
 * A wrong proof of what there is is answered as one of what there is not. A call of this kind without a line above is
 * one nobody thought of: it fails.
 */
export async function wrongProofs(call: DocumentedCall, cast: Cast): Promise<string[]> {
  const of = inputs[call.operation.id];
  if (of === undefined) return ['nothing says what proves who calls: add a line to the inputs'];
  const right = await preparedCall(call, cast.home);
  const pair = of(cast, right);
  if (pair === null) return [];
  const answers = [];
  for (const { params = right.params, body = right.body } of pair) {
    const answer = await attempt(cast, call, { params, body, as: cast.stranger.tenant.admin });
    answers.push(JSON.stringify(essence(answer)));
  }
  const [shown, wanted] = answers;
  return shown === wanted ? [] : [`a wrong proof: ${shown}, and of nothing ${wanted}`];
}
