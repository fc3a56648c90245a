// The watch over all other tests sees what it should see.
import { expect, open, test } from './page.mjs';

test('a console message, an error and a failed answer are seen', async ({ page, complaints }) => {
  await open(page);
  expect(complaints).toEqual([]);
  await page.evaluate(async () => {
    console.warn('on purpose');
    setTimeout(() => {
      throw new Error('on purpose, later');
    });
    await fetch('no-such-file').catch(() => {});
  });
  for (const seen of ['console warning: on purpose', 'on purpose, later', '404: ']) {
    await expect.poll(() => complaints.join('\n')).toContain(seen);
  }
  complaints.length = 0;
});

test('a request to elsewhere is seen', async ({ page, complaints }) => {
  await page.route('**/plain.html', (route) => route.fulfill({ contentType: 'text/html', body: '<p>No policy here</p>' }));
  await page.goto('plain.html');
  await page.evaluate(() => fetch('http://localhost:8009/').catch(() => {}));
  await expect.poll(() => complaints.join('\n')).toContain('elsewhere: http://localhost:8009/');
  complaints.length = 0;
});

test('the page may not ask anybody else', async ({ page, complaints }) => {
  await open(page);
  const refused = await page.evaluate(() => fetch('http://localhost:8009/').then(() => 'answered', () => 'refused'));
  expect(refused).toBe('refused');
  await expect.poll(() => complaints.join('\n')).toMatch(/Content Security Policy/);
  complaints.length = 0;
});
