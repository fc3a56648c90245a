// The scenario as text: it can be read, changed and applied on the page; what is no scenario changes nothing.
import { expect, open, rows, test } from './page.mjs';

async function edited(page, change) {
  const at = await open(page);
  await page.getByRole('button', { name: 'Scenario text' }).click();
  const box = page.getByRole('textbox', { name: 'Scenario text' });
  const text = change(await box.inputValue());
  await box.evaluate((field, put) => {
    field.value = put;
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }, text);
  await page.getByRole('button', { name: 'Apply scenario' }).click();
  return { at, close: () => page.keyboard.press('Escape') };
}

test('a changed text is a changed run', async ({ page }) => {
  const { at, close } = await edited(page, (text) => {
    expect(text).toContain('do: crash');
    return text.replace(/^.*do: crash.*$/m, '').replace('values: [m1, m2]', 'values: [m1, m2, m9]');
  });
  await close();
  await expect.poll(async () => (await rows(at)).join('\n')).toContain('m9');
});

for (const [what, text] of [
  ['nothing', ''],
  ['a word', 'hello'],
  ['an open bracket', 'steps: ['],
  ['a tag and an anchor', 'steps: &a !!x [*a, *a]'],
  ['deep nesting', '['.repeat(50_000)],
  ['a megabyte and more', 'steps: [a]\n'.repeat(100_000)],
]) {
  test(`${what} is no scenario and changes nothing`, async ({ page }) => {
    const before = await rows(await open(page));
    const { at, close } = await edited(page, () => text);
    await expect(page.getByText('so nothing was changed')).toBeVisible();
    await close();
    expect(await rows(at)).toEqual(before);
  });
}
