import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import chromiumPackage from '@sparticuz/chromium';
import { chromium, type Browser } from 'playwright-core';

const installed = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The package's own flags are for one page in a cramped place; these are for a test machine. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * The browser of the npm package, which unpacks itself into the folder for temporary files under one name for all: what one
 * user of a machine unpacked there no other may run, so that each has a folder of its own.
 */
async function unpacked(): Promise<string> {
  const folder = join(tmpdir(), `molva-chromium-${userInfo().uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const usual = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  try {
    return await chromiumPackage.executablePath();
  } finally {
    if (usual === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = usual;
  }
}

/** Starts a real Chromium: the machine's own where there is one, else the one the npm package carries. */
export async function launchChromium(): Promise<Browser> {
  const own = installed.find((path) => existsSync(path));
  return chromium.launch({ executablePath: own ?? (await unpacked()), args: flags });
}
