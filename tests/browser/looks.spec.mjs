// Pictures for eyes: the three sizes in light and dark, in tests/browser/screenshots.
import { SIZES, expect, open, test } from './page.mjs';

for (const colorScheme of ['light', 'dark']) {
  for (const size of SIZES) {
    test(`picture at ${size.width}x${size.height} in ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(size);
      const at = await open(page);
      await expect(at.drawing).toBeVisible();
      await page.evaluate(() => document.fonts.ready);
      const path = `screenshots/${size.width}x${size.height}-${colorScheme}.png`;
      const picture = await page.screenshot({ path, animations: 'disabled' });
      expect(picture.length, 'an empty picture is small').toBeGreaterThan(20_000);
    });
  }
}
