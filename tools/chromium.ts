import { existsSync } from 'node:fs';
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

/** Starts a real Chromium: the machine's own where there is one, else the one the npm package carries. */
export async function launchChromium(): Promise<Browser> {
  const own = installed.find((path) => existsSync(path));
  return chromium.launch({ executablePath: own ?? (await chromiumPackage.executablePath()), args: flags });
}
