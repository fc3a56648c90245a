// The watch over all other tests sees what it should see.
import { expect, open, test } from './page.mjs';

test('a console message, an error and a request to elsewhere are seen', async ({ page, complaints }) => {
  await open(page);
  expect(complaints).toEqual([]);
  await page.evaluate(async () => {
    console.warn('on purpose');
    setTimeout(() => {
      throw new Error('on purpose, later');
    });
    await fetch('http://localhost:9/').catch(() => {});
    await fetch('no-such-file').catch(() => {});
  });
  await expect.poll(() => complaints.join('\n')).toContain('on purpose, later');
  for (const seen of ['console warning: on purpose', '404: ', 'elsewhere: http://localhost:9/']) {
    await expect.poll(() => complaints.join('\n')).toContain(seen);
  }
  complaints.length = 0;
});
