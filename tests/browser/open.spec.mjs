// The page opens, with everything that its names promise, on every size of window.
import { SIZES, expect, open, rows, test } from './page.mjs';

for (const size of SIZES) {
  test(`every part has its name at ${size.width}x${size.height}`, async ({ page }) => {
    await page.setViewportSize(size);
    const at = await open(page);
    const there = { ...at, broker: at.broker(1) };
    delete there.pause;
    delete there.notices;
    for (const [name, part] of Object.entries(there)) {
      await expect(part, name).toHaveCount(1);
    }
    for (const id of [1, 2, 3]) await expect(at.broker(id)).toBeVisible();
    const heads = await at.ledger.getByRole('columnheader').allInnerTexts();
    expect(heads.map((head) => head.trim())).toEqual(['Record', 'Told', 'In the log', 'Fate']);
    expect((await rows(at)).length).toBeGreaterThan(0);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wider, 'the page is wider than the window').toBeLessThanOrEqual(0);
  });
}

test('a bare address shows a record that is lost', async ({ page }) => {
  const at = await open(page);
  await expect(at.verdict).toContainText(/lost/i);
  expect((await rows(at)).join('\n')).toMatch(/lost/i);
  await expect(at.instant).toBeVisible();
});
