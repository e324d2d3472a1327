import { serve } from '../support/engine.ts';
import { readBody } from './body.ts';

/** What stands behind a Centrifugo: it is asked about every client that connects, and gives it the channel it names. */
serve((request, response) => {
  readBody(request, (body) => {
    const { data } = JSON.parse(body) as { data: { channel: string } };
    const answer = JSON.stringify({ result: { user: '', subs: { [data.channel]: {} } } });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
  });
});
