// A user's own settings: what is known is used, what is not is listed, what Kafka refuses is said in Kafka's words.
import { expect, open, rows, test } from './page.mjs';

async function pasted(page, text) {
  const at = await open(page);
  await at.paste.fill(text);
  await at.apply.click();
  return at;
}

test('known keys become settings, and the run follows', async ({ page }) => {
  const at = await pasted(page, '# from the payment service\nacks=all\nlinger.ms = 0\n');
  await expect(at.acks).toHaveValue('all');
  await expect(at.verdict).not.toContainText(/\blost\b/i);
  await expect.poll(() => page.url()).toContain('acks=all');
});

test('acks=0 loses without an error', async ({ page }) => {
  const at = await pasted(page, 'acks=0\n');
  await expect(at.acks).toHaveValue('0');
  await expect.poll(async () => (await rows(at)).join('\n')).toMatch(/lost/i);
});

test('what is not understood is listed with its line, and the text stays', async ({ page }) => {
  const text = 'acks=1\nacks.of.god=yes\nretries=many\n';
  const at = await pasted(page, text);
  await expect(at.notices).toContainText('acks.of.god');
  await expect(at.notices).toContainText(/line 2/i);
  await expect(at.notices).toContainText('retries');
  await expect(at.paste).toHaveValue(text);
  await expect(at.acks).toHaveValue('1');
});

test('what Kafka refuses is said in its own words', async ({ page }) => {
  const at = await pasted(page, 'acks=1\nenable.idempotence=true\n');
  await expect(page.getByText('Must set acks to all in order to use the idempotent producer').first()).toBeVisible();
  await expect(at.acks).toHaveValue('1');
});

for (const [what, text] of [
  ['nothing', ''],
  ['one word', 'hello'],
  ['half an escape', 'acks=\\u12'],
  ['bytes that mean nothing', '\u0000\u0001\ufffd=\u202e\n===\n:::\n'],
  ['a megabyte and more', `${'x'.repeat(99)}\n`.repeat(11_000)],
]) {
  test(`${what} does no harm`, async ({ page }) => {
    const at = await open(page);
    const before = await rows(at);
    // Not typed but put there, as a paste does, so that a long text is not printed when this fails.
    await at.paste.evaluate((box, put) => {
      box.value = put;
      box.dispatchEvent(new InputEvent('input', { bubbles: true }));
    }, text);
    await at.apply.click();
    await expect(at.verdict).not.toBeEmpty();
    expect(await rows(at)).toEqual(before);
  });
}
