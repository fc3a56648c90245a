// The model says the same in the browser as natively: the digests of tests/golden.rs, asked of the page.
import { readFileSync } from 'node:fs';
import { expect, open, test } from './page.mjs';

test('the scenes end in the same worlds as natively', async ({ page }) => {
  await open(page);
  const golden = JSON.parse(readFileSync(new URL('../golden/scenes.json', import.meta.url), 'utf8'));
  const said = await page.evaluate(() => window.wasmBindings.ackscope_digests());
  expect(JSON.parse(said)).toEqual(golden);
});
