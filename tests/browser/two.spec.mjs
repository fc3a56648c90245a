// Two instances on one page keep apart.
import { expect, instant, parts, rows, test } from './page.mjs';

async function two(page, baseURL) {
  await page.route('**/two.html', async (route) => {
    const answer = await route.fetch({ url: baseURL });
    const hosts = '<div class="ackscope-app" id="one"></div><div class="ackscope-app" id="other"></div>';
    const body = (await answer.text()).replace(/<body([^>]*)>/, `<body$1>${hosts}`);
    await route.fulfill({ response: answer, body });
  });
  await page.goto('two.html');
  const both = [parts(page.locator('#one')), parts(page.locator('#other'))];
  for (const one of both) await expect(one.verdict).not.toBeEmpty();
  return both;
}

test('each has its own settings and its own playhead', async ({ page, baseURL }) => {
  const [one, other] = await two(page, baseURL);
  const before = { rows: await rows(other), at: await instant(other), verdict: await other.verdict.innerText() };
  await one.acks.selectOption('all');
  await one.forward.click();
  await expect(one.verdict).not.toHaveText(before.verdict);
  expect(await rows(other)).toEqual(before.rows);
  expect(await instant(other)).toBe(before.at);
  expect(await other.verdict.innerText()).toBe(before.verdict);
  await other.acks.selectOption('0');
  await expect(one.acks).toHaveValue('all');
});

test('no id is given twice', async ({ page, baseURL }) => {
  await two(page, baseURL);
  const twice = await page.evaluate(() => {
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    return ids.filter((id, at) => ids.indexOf(id) !== at);
  });
  expect(twice).toEqual([]);
});
