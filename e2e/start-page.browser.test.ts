import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MolvaProcess } from './support/molva.ts';
import { launchChromium } from '../tools/chromium.ts';

let molva: MolvaProcess;
let browser: Browser;
beforeAll(async () => {
  [molva, browser] = await Promise.all([MolvaProcess.start(), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await molva[Symbol.asyncDispose]();
});

async function open(
  options: Parameters<Browser['newContext']>[0],
  path = '/',
): Promise<{ page: Page; errors: string[] }> {
  const page = await (await browser.newContext(options)).newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(molva.url + path);
  return { page, errors };
}

describe.each([
  ['desktop', { width: 1280, height: 800 }],
  ['phone', { width: 390, height: 844 }],
] as const)('the start page on a %s', (_name, viewport) => {
  it.each([
    ['en', 'light', 'Delivery', /A courier brings/],
    ['ru', 'dark', 'Доставка', /Курьер привезёт/],
  ] as const)(
    'talks to the demo bot in %s, and has no fault an accessibility check finds (%s)',
    async (locale, colorScheme, button, answer) => {
      const { page, errors } = await open({ viewport, locale, colorScheme });
      await page.getByRole('button', { name: button, exact: true }).click();
      await page.getByText(answer).waitFor();
      await page.getByRole('link', { name: /svg$/ }).locator('img').waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      expect(errors).toEqual([]);
    },
  );

  it('is used by keyboard alone, to the end and into a new conversation', async () => {
    const { page } = await open({ viewport, locale: 'en' });
    await page.getByRole('textbox', { name: 'Write a message' }).focus();
    await page.keyboard.type('goodbye');
    await page.keyboard.press('Enter');
    await page.getByText('Thank you for writing!').waitFor();
    await page.getByText('The conversation has ended.').waitFor();
    await page.keyboard.type('hello again');
    await page.keyboard.press('Enter');
    await page.getByText('Connected').waitFor();
    await page.getByText('hello again').waitFor();
  });
});

it('shows every call and frame, to be copied as curl and as code', async () => {
  const { page } = await open({
    viewport: { width: 1280, height: 800 },
    locale: 'en',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await page.getByRole('button', { name: 'Delivery', exact: true }).click();
  const copy = async (record: RegExp, button: string): Promise<string> => {
    await page.locator('summary').filter({ hasText: record }).first().click();
    await page.getByRole('button', { name: button }).last().click();
    return page.evaluate(() => navigator.clipboard.readText());
  };
  const curl = await copy(/POST .*clients\/messages/, 'Copy as curl');
  expect(curl).toContain('"body":"Delivery"');
  expect(await copy(/↑connect$/, 'Copy as code')).toContain("import { Centrifuge } from 'centrifuge'");
  expect(await copy(/rpc joinSession/, 'Copy as code')).toContain('await client.rpc("joinSession"');
});

it('goes on after a reload, with what was said', async () => {
  const { page } = await open({ locale: 'en' });
  await page.getByRole('button', { name: 'Working hours', exact: true }).click();
  await page.getByText(/the shop is (open|closed)/).waitFor();
  await page.reload();
  await page.getByText(/the shop is (open|closed)/).waitFor();
});

describe.each([
  ['desktop', 'light', 'en', { width: 1280, height: 800 }],
  ['phone', 'dark', 'ru', { width: 390, height: 844 }],
] as const)('the page of the API on a %s (%s, %s)', (_name, colorScheme, locale, viewport) => {
  const words = { en: ['Sign in', 'Send'], ru: ['Войти', 'Отправить'] }[locale] as [string, string];

  it('is light, has no fault an accessibility check finds, and breaks no rule of its pages', async () => {
    const { page, errors } = await open({ viewport, locale, colorScheme }, '/docs');
    await page.locator('#startSession > summary').click();
    await page.locator('#startSession textarea').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    const sent = await page.evaluate(() =>
      (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
        .map(({ encodedBodySize }) => encodedBodySize)
        .reduce((sum, bytes) => sum + bytes, 0),
    );
    expect(sent).toBeGreaterThan(10_000);
    expect(sent).toBeLessThan(100_000);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('makes a call as whoever signed in, and says what a call needs', async () => {
    const { page } = await open({ viewport, locale, colorScheme }, '/docs#listUsers');
    const call = page.locator('#listUsers');
    const outcome = call.locator('.outcome');
    const send = () => call.getByRole('button', { name: words[1], exact: true }).click();
    await send();
    await outcome.getByText('not-authenticated').first().waitFor();
    await page.locator('#who > summary').click();
    await page.locator('#who-password').fill(molva.password);
    await page.getByRole('button', { name: words[0], exact: true }).click();
    await page.waitForFunction(() => (document.getElementById('who-user') as HTMLInputElement).value !== '');
    await send();
    await outcome.getByText('admin@localhost').waitFor();
  });

  it('shows who may call, and finds a call by its words', async () => {
    const { page } = await open({ viewport, locale, colorScheme }, '/docs');
    const locks = { en: ['open to all', 'session', 'administrator'], ru: ['открыт всем', 'сессия', 'администратор'] };
    for (const [index, id] of ['startSession', 'getSession', 'createChat'].entries())
      expect(await page.locator(`#${id} .access`).first().textContent()).toBe(locks[locale][index]);
    await page.locator('#find').fill('post apikeys');
    await page.locator('#createApiKey').waitFor();
    expect(await page.locator('#startSession').isVisible()).toBe(false);
  });
});

it.each([
  ['light', { width: 1280, height: 800 }],
  ['dark', { width: 390, height: 844 }],
] as const)(
  '/docs?live shows what is live, and has no fault an accessibility check finds (%s)',
  async (colorScheme, viewport) => {
    const { page, errors } = await open({ viewport, locale: 'en', colorScheme }, '/docs');
    await page.getByRole('link', { name: 'Live' }).click();
    // Words of other calls name it too.
    await page
      .locator('summary')
      .filter({ has: page.getByRole('strong').filter({ hasText: /^joinSession$/ }) })
      .click();
    await page.getByRole('group', { name: 'Fields of joinSession' }).getByText('rpc.data.id').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    expect(errors).toEqual([]);
  },
);
