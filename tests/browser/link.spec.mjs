// The address bar holds the whole scenario; what it holds that nobody understands is listed.
import { entry, expect, open, rows, test } from './page.mjs';

async function told(at) {
  return { verdict: await at.verdict.innerText(), rows: await rows(at), instant: await at.instant.getAttribute('aria-label') };
}

test('a reload gives the same, and so does the link in another window', async ({ page, context }) => {
  const at = await open(page);
  await at.acks.selectOption('all');
  await at.broker(3).click();
  await entry(page, 'Crash').click();
  await expect.poll(() => page.url()).toMatch(/acks=all/);
  // The address follows the playhead when it has come to rest.
  await page.waitForTimeout(600);
  const before = await told(at);
  const link = page.url();
  await page.reload();
  const again = await open(page, link);
  expect(await told(again)).toEqual(before);
  const other = await open(await context.newPage(), link);
  expect(await told(other)).toEqual(before);
});

test('going back takes the edit back', async ({ page }) => {
  const at = await open(page);
  const before = await at.verdict.innerText();
  await at.acks.selectOption('all');
  await expect.poll(() => page.url()).toMatch(/acks=all/);
  await page.goBack();
  await expect.poll(() => at.verdict.innerText()).toBe(before);
});

test('what a link holds that is not understood is listed, and the rest is used', async ({ page }) => {
  const at = await open(page);
  await at.acks.selectOption('all');
  await expect.poll(() => page.url()).toMatch(/acks=all/);
  const link = page.url();
  const odd = await open(page, `${link}&colour=blue&retries=many`);
  await expect(odd.notices).toContainText('colour');
  await expect(page.getByText('Invalid value many for configuration retries').first()).toBeVisible();
  await expect(odd.acks).toHaveValue('all');
});

for (const query of ['?', '?%', '?%ff%00=%zz', '?do=', '?do=send(', '?acks', '?v=999', `?${'a=1&'.repeat(4000)}`, '?do=))))((((,,,:::']) {
  test(`the link ${query.slice(0, 20)} does no harm`, async ({ page }) => {
    const at = await open(page, query);
    await expect(at.playhead).toBeVisible();
    expect((await rows(at)).length).toBeGreaterThanOrEqual(0);
  });
}
