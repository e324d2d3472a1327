import { once } from 'node:events';

/** A function of a program, as its profile names it. */
export interface ProfiledFrame {
  readonly functionName: string;
  readonly url: string;
}

/** What a program did: frames with those they were called from, and how long each was seen at its top. */
export interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: ProfiledFrame;
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** Microseconds between one sample and the next. */
  readonly timeDeltas: readonly number[];
}

/** How often is looked, microseconds. */
const INTERVAL = 200;

/** Profiles a Node program that was started with `--inspect` on a port, while something goes on. */
export async function profileDuring(port: number, work: () => Promise<void>): Promise<Profile> {
  const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
    webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '');
  await once(socket, 'open');
  const ask = async (id: number, method: string, params: object = {}): Promise<{ profile?: Profile }> => {
    const answered = new Promise<{ profile?: Profile }>((resolve, reject) => {
      socket.addEventListener('message', ({ data }) => {
        const answer = JSON.parse(String(data)) as { id?: number; result?: { profile?: Profile }; error?: object };
        if (answer.id !== id) return;
        if (answer.result === undefined) reject(new Error(`${method}: ${JSON.stringify(answer.error)}`));
        else resolve(answer.result);
      });
    });
    socket.send(JSON.stringify({ id, method, params }));
    return answered;
  };
  try {
    await ask(1, 'Profiler.enable');
    await ask(2, 'Profiler.setSamplingInterval', { interval: INTERVAL });
    await ask(3, 'Profiler.start');
    await work();
    const { profile } = await ask(4, 'Profiler.stop');
    if (profile === undefined) throw new Error('the profiler answered without a profile');
    return profile;
  } finally {
    socket.close();
  }
}
