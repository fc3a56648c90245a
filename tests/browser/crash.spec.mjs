// Faults by hand: a broker crashes at the playhead, and everything follows.
import { entry, expect, open, test } from './page.mjs';

test('a broker crashes at the playhead, and is started again', async ({ page }) => {
  const at = await open(page);
  const before = page.url();
  await at.playhead.focus();
  await page.keyboard.press('Home');
  await at.forward.click();
  await at.forward.click();
  await at.broker(2).click();
  await entry(page, 'Crash').click();
  await expect.poll(() => page.url()).not.toBe(before);
  const crashed = page.url();
  await page.keyboard.press('End');
  await at.broker(2).click();
  await expect(entry(page, 'Restart')).toBeVisible();
  await entry(page, 'Restart').click();
  await expect.poll(() => page.url()).not.toBe(crashed);
});

test('the menu of a broker opens and closes by keys', async ({ page }) => {
  const at = await open(page);
  await at.broker(1).focus();
  await page.keyboard.press('Enter');
  await expect(entry(page, 'Crash')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(entry(page, 'Crash')).toHaveCount(0);
  await expect(at.broker(1)).toBeFocused();
});

test('a click on a message in flight loses it, and undo takes that back', async ({ page }) => {
  // The default scene stopped while the request with m1 is on its way.
  const at = await open(page, '?scene=acks-1&t=1ms');
  const courier = page.getByRole('button', { name: /^Lose this message: Produce/ });
  await expect(courier).toHaveCount(1);
  await courier.click();
  await expect.poll(() => decodeURIComponent(page.url())).toContain('lose');
  await at.playhead.focus();
  await page.keyboard.press('Control+z');
  await expect.poll(() => decodeURIComponent(page.url())).not.toContain('lose');
});
