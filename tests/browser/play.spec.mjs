// The playhead: play, pause, step, scrub; by mouse and by keys.
import { expect, instant, open, test } from './page.mjs';

test('play moves the playhead, pause stops it', async ({ page }) => {
  const at = await open(page);
  await at.playhead.focus();
  await page.keyboard.press('Home');
  const start = await instant(at);
  await at.play.click();
  await expect(at.pause).toBeVisible();
  await expect.poll(() => instant(at)).not.toBe(start);
  await at.pause.click();
  await expect(at.play).toBeVisible();
  const stopped = await instant(at);
  await page.waitForTimeout(300);
  expect(await instant(at)).toBe(stopped);
});

test('a step forward and a step back lead to the same instant', async ({ page }) => {
  const at = await open(page);
  await at.playhead.focus();
  await page.keyboard.press('Home');
  await at.forward.click();
  const first = await instant(at);
  await at.forward.click();
  await expect.poll(() => instant(at)).not.toBe(first);
  await at.back.click();
  await expect.poll(() => instant(at)).toBe(first);
});

test('what is seen at an instant does not depend on the way there', async ({ page }) => {
  const at = await open(page);
  const seen = () => at.instant.evaluate((group) => group.innerHTML);
  await at.playhead.focus();
  await page.keyboard.press('Home');
  const forwards = [];
  for (let step = 0; step < 8; step += 1) {
    await at.forward.click();
    forwards.push([await instant(at), await seen()]);
  }
  await page.keyboard.press('End');
  await at.playhead.focus();
  await page.keyboard.press('Home');
  for (const [when, what] of forwards) {
    await at.forward.click();
    await expect.poll(() => instant(at)).toBe(when);
    expect(await seen()).toBe(what);
  }
});

test('the end of the run is the end of playing', async ({ page }) => {
  const at = await open(page);
  await at.playhead.focus();
  await page.keyboard.press('End');
  const end = await instant(at);
  await page.keyboard.press('Home');
  expect(await instant(at)).not.toBe(end);
});
