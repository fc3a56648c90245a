// What all browser tests share: a page that is watched, and its parts by their accessible names.
import { expect, test as base } from '@playwright/test';

/** A test whose every page is watched: a console message, an error, a failed answer or a request to elsewhere fails it. */
export const test = base.extend({
  complaints: [async ({ context, baseURL }, use) => {
    const complaints = [];
    const home = new URL(baseURL).origin;
    context.on('console', (message) => complaints.push(`console ${message.type()}: ${message.text()}`));
    context.on('weberror', (error) => complaints.push(`error: ${error.error()}`));
    context.on('response', (answer) => {
      if (answer.status() >= 400) complaints.push(`${answer.status()}: ${answer.url()}`);
    });
    context.on('request', (request) => {
      const url = new URL(request.url());
      if (url.origin !== home && !['data:', 'blob:'].includes(url.protocol)) complaints.push(`elsewhere: ${url}`);
    });
    await use(complaints);
    expect(complaints, 'the page has something to complain about').toEqual([]);
  }, { auto: true }],
});

export { expect };

/** The parts of one instance; `root` is the page, or the element that holds the instance. */
export function parts(root) {
  const button = (name) => root.getByRole('button', { name, exact: true });
  return {
    drawing: root.getByRole('region', { name: 'Drawing' }),
    playhead: root.getByRole('slider', { name: 'Playhead' }),
    instant: root.getByRole('group', { name: /^One instant/ }),
    play: button('Play'),
    pause: button('Pause'),
    forward: button('Step forward'),
    back: button('Step back'),
    paste: root.getByRole('textbox', { name: 'Paste configuration' }),
    apply: button('Apply configuration'),
    acks: root.getByRole('combobox', { name: 'acks', exact: true }),
    broker: (id) => root.getByRole('button', { name: `Broker ${id}`, exact: true }),
    notices: root.getByRole('list', { name: 'Notices' }),
    ledger: root.getByRole('table', { name: 'Ledger' }),
    verdict: root.getByRole('status', { name: 'Verdict' }),
  };
}

/** Opens an address of the page and waits until it runs. */
export async function open(page, address = '') {
  await page.goto(address);
  const opened = parts(page);
  await expect(opened.verdict).not.toBeEmpty();
  return opened;
}

/** The ledger as text: one row of cells for each record. */
export async function rows(of) {
  const found = await of.ledger.getByRole('row').filter({ has: of.ledger.page().getByRole('cell') }).all();
  return Promise.all(found.map(async (row) => (await row.allInnerTexts())[0].replace(/\s+/g, ' ').trim()));
}

/** Where the playhead stands, as the slider says it. */
export async function instant(of) {
  return of.playhead.evaluate((slider) => slider.getAttribute('aria-valuetext') ?? slider.value ?? '');
}

/** A menu entry, wherever the page shows it. */
export function entry(page, name) {
  return page.getByRole('menuitem', { name: new RegExp(`^${name}`) });
}

export const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
  { width: 390, height: 844 },
];
