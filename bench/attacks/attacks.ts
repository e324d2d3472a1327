import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { emptyFolder, openFullFolder, type Folder } from '../support/folders.ts';
import { startMolva, type BenchedMolva } from '../support/molva.ts';
import { percentile, rounded } from '../support/numbers.ts';
import { residentBytes, startNode, stop } from '../support/process.ts';
import { ROUNDS } from '../support/tuning.ts';
import { attacks, type AttackName, type Target } from './attempts.ts';
import { bystand } from './bystanders.ts';
import { costlyBots } from './costly-bots.ts';

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 15);
/** Part of an attack's name: others are left out. */
const ONLY = process.env['BENCH_ATTACK'] ?? '';
const program = fileURLToPath(new URL('./attacker.ts', import.meta.url));
/** What an attack left behind goes by itself. */
const AFTER_MS = 2_000;
const MEBIBYTE = 1024 * 1024;
/** What opens the figures of a Molva that is attacked. */
const METRICS_TOKEN = 'figures-of-an-attack';

/** What one attack did to others. */
export interface AttackFigures {
  readonly attack: string;
  readonly idleP99Ms: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The bystanders' 99th percentile beside the attack, of the one without: the middle round's. */
  readonly times: number;
  /** The same of each round. */
  readonly timesOfRounds: readonly number[];
  readonly idleMebibytes: number;
  readonly peakMebibytes: number;
  readonly lives: boolean;
  /** Counters that went up by what was refused. */
  readonly refused: Record<string, number>;
}

/** Each attack of one caller on a Molva of its own with little memory and its usual limits, beside bystanders. */
export async function attacksBench(): Promise<AttackFigures[]> {
  const figures: AttackFigures[] = [];
  const names = Object.keys(attacks) as AttackName[];
  for (const name of names.filter((attack) => attack.includes(ONLY))) {
    // Lists cost by what there is to be listed.
    await using folder: Folder = await (name.includes('lists') ? openFullFolder() : emptyFolder());
    figures.push(await attack(name, folder.dataFolder));
    process.stderr.write(`${JSON.stringify(figures.at(-1))}\n`);
  }
  return figures;
}

async function attack(name: AttackName, dataFolder: string): Promise<AttackFigures> {
  await using molva = await startMolva(dataFolder, {
    nodeOptions: ['--max-old-space-size=512'],
    limits: {},
    settings: { MOLVA_METRICS_TOKEN: METRICS_TOKEN },
  });
  const chatId = await molva.echoChat();
  const target = await targetOf(molva, chatId, name);
  await bystand(molva.port, chatId, 2);
  const idleBytes = residentBytes(molva.pid);
  const before = await refusals(molva);
  const rounds: Round[] = [];
  let peak = idleBytes;
  const watch = setInterval(() => {
    if (existsSync(`/proc/${molva.pid}/status`)) peak = Math.max(peak, residentBytes(molva.pid));
  }, 100);
  while (rounds.length < ROUNDS) rounds.push(await attackOnce(molva.port, name, target));
  clearInterval(watch);
  const lives = existsSync(`/proc/${molva.pid}/exe`);
  const after = lives ? await refusals(molva) : before;
  const middleOf = (figure: (round: Round) => number): number =>
    rounded(
      percentile(
        rounds.map(figure).sort((a, b) => a - b),
        0.5,
      ),
    );
  return {
    attack: name,
    idleP99Ms: middleOf(({ idleP99Ms }) => idleP99Ms),
    p50Ms: middleOf(({ p50Ms }) => p50Ms),
    p99Ms: middleOf(({ p99Ms }) => p99Ms),
    times: middleOf(timesOf),
    timesOfRounds: rounds.map((one) => rounded(timesOf(one))),
    idleMebibytes: Math.round(idleBytes / MEBIBYTE),
    peakMebibytes: Math.round(peak / MEBIBYTE),
    lives,
    refused: Object.fromEntries(
      Object.entries(after).flatMap(([counter, value]) => {
        const more = value - (before[counter] ?? 0);
        return more > 0 ? [[counter, more]] : [];
      }),
    ),
  };
}

/** What bystanders met without an attack, and beside it, in milliseconds. */
interface Round {
  readonly idleP99Ms: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

async function attackOnce(port: number, name: AttackName, target: Target): Promise<Round> {
  const idle = await bystand(port, target.chatId, SECONDS);
  const { child } = await startNode([program, name, JSON.stringify(target)], {}, /begun/);
  // What is measured is the server, not who gets the processor.
  setPriority(child.pid ?? 0, 19);
  const beside = await bystand(port, target.chatId, SECONDS);
  await stop(child);
  await sleep(AFTER_MS);
  return { idleP99Ms: percentile(idle, 0.99), p50Ms: percentile(beside, 0.5), p99Ms: percentile(beside, 0.99) };
}

function timesOf({ p99Ms, idleP99Ms }: Round): number {
  return p99Ms / idleP99Ms;
}

async function targetOf(molva: BenchedMolva, chatId: string, name: AttackName): Promise<Target> {
  const costlyChats: string[] = [];
  if (name.includes('bots')) {
    for (const blocks of costlyBots) {
      // A bot that is refused when it is stored costs nobody anything.
      const chat = await molva
        .scenarioChat(blocks)
        .catch((reason: unknown) => process.stderr.write(`${String(reason)}\n`));
      if (typeof chat === 'string') costlyChats.push(chat);
    }
  }
  return { port: molva.port, chatId, costlyChats, authorization: `Bearer ${molva.token}` };
}

/** Counters of what was refused, limited or cut, and of answers with the client's or the server's fault. */
async function refusals({ port }: BenchedMolva): Promise<Record<string, number>> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, {
    headers: { authorization: `Bearer ${METRICS_TOKEN}` },
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined);
  const text = (await answer?.text()) ?? '';
  const lines = text.matchAll(/^((?:molva_\w*_total)(?:\{[^}]*\})?) (\d+)$/gm);
  return Object.fromEntries(
    [...lines].flatMap(([, counter = '', value]) =>
      /refus|limit|cut|reject|budget|disconnect|status="[45]/.test(counter) ? [[counter, Number(value)]] : [],
    ),
  );
}
