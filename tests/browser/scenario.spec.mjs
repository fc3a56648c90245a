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

const STOP = `
ackscope: 1
title: Lost by a clean stop
steps:
- {do: topic, name: t, replicas: [[1, 2]]}
- {do: producer, id: p1, config: {acks: "1", linger.ms: "0"}}
- {do: fault, from: "1", to: "2", api: Fetch, phase: response, then: hold}
- {do: send, by: p1, values: [m1], wait: each}
- {do: stop, broker: 1}
- {do: sleep, ms: 100}
`;

const POWER_CUT = `
ackscope: 1
title: Acknowledged by three page caches
steps:
- {do: topic, name: t, replicas: [[1, 2, 3]], config: {min.insync.replicas: "3"}}
- {do: producer, id: p1, config: {acks: all}}
- {do: send, by: p1, values: [m1]}
- {do: power_cut, brokers: [1, 2, 3]}
- {do: sleep, ms: 100}
- {do: start, brokers: [1, 2, 3]}
- {do: wait, isr: [1, 2, 3]}
`;

for (const [what, text, mark, state] of [
  ['a clean stop', STOP, /^stops/, /Broker 1: stopped,.*Broker 2: leader, epoch 1/],
  ['a power cut', POWER_CUT, /^power cut/, /Broker 1: .*, log empty/],
]) {
  test(`${what} is no crash, and can lose a record`, async ({ page }) => {
    const { at, close } = await edited(page, () => text);
    await close();
    await expect(at.verdict).toContainText('m1 was acknowledged, then lost');
    await at.playhead.focus();
    await page.keyboard.press('Home');
    await expect(at.drawing.getByText(mark).first()).toBeVisible();
    await expect(at.drawing.getByText('crash', { exact: true })).toHaveCount(0);
    await page.keyboard.press('End');
    await expect(at.instant).toHaveAccessibleName(state);
  });
}
