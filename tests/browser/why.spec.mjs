// Why? Asked by a user, answered with moments that can be gone to.
import { expect, open, test } from './page.mjs';

test('the gravest thing is explained, and a moment of it can be gone to', async ({ page }) => {
  await open(page);
  const question = page.getByRole('button', { name: /^Why is m3 lost after the ack/ });
  await expect(question).toHaveAttribute('aria-expanded', 'false');
  await question.click();
  await expect(question).toHaveAttribute('aria-expanded', 'true');
  const moments = page.getByRole('list', { name: 'Why', exact: true }).getByRole('listitem');
  await expect(moments.filter({ hasText: 'only the leader, broker 1, has it' })).toContainText('acks=1');
  expect(await moments.count()).toBeGreaterThanOrEqual(3);
  await expect(page.getByText('The crash of broker 1', { exact: false }).last()).toContainText('decides');
  await expect(page.getByRole('list', { name: 'What would have saved it' })).toContainText('acks=all');

  const crash = moments.filter({ hasText: 'Broker 1 crashes' }).getByRole('button');
  const at = (await crash.innerText()).trim();
  await crash.click();
  await expect(page.getByRole('slider', { name: 'Playhead' })).toHaveAttribute('aria-valuetext', new RegExp(at.split(/\s/)[0].replace('.', '\\.')));
});

test('an edit closes the answer: it was one of another run', async ({ page }) => {
  const at = await open(page);
  await page.getByRole('button', { name: /^Why is/ }).click();
  await expect(page.getByRole('list', { name: 'Why', exact: true })).toBeVisible();
  await at.acks.selectOption('all');
  await expect(page.getByRole('list', { name: 'Why', exact: true })).toBeHidden();
});
