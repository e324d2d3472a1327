import { type Browser } from 'playwright-core';
/** Starts a real Chromium: the machine's own where there is one, else the one the npm package carries. */
export declare function launchChromium(): Promise<Browser>;
//# sourceMappingURL=chromium.d.ts.map