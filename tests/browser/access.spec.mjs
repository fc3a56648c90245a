// What a checker for accessibility finds: nothing serious, in light and dark, on every size.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { SIZES, entry, expect, open, test } from './page.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

async function serious(page) {
  await page.evaluate(axe);
  const found = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: 'tag', values } }), RULES);
  expect(found.passes.length, 'the checker has looked at something').toBeGreaterThan(10);
  return found.violations
    .filter((violation) => ['serious', 'critical'].includes(violation.impact))
    .flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`));
}

for (const colorScheme of ['light', 'dark']) {
  for (const size of SIZES) {
    test(`nothing serious at ${size.width}x${size.height} in ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(size);
      const at = await open(page);
      expect(await serious(page)).toEqual([]);
      await at.broker(1).click();
      await expect(entry(page, 'Crash')).toBeVisible();
      expect(await serious(page)).toEqual([]);
    });
  }
}

test('the checker would find something', async ({ page }) => {
  await open(page);
  await page.evaluate(() => document.body.insertAdjacentHTML('beforeend', '<button></button>'));
  expect((await serious(page)).join('\n')).toContain('button-name');
});
