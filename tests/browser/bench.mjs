// The browser's side of `cargo xtask bench`: opens the page, lets it measure itself, prints its line of JSON.
import { chromium } from '@playwright/test';
import config from './playwright.config.mjs';

const rounds = Number(process.argv[2] ?? 20);
const browser = await chromium.launch(config.use.launchOptions);
try {
  const page = await browser.newPage();
  await page.goto(config.use.baseURL);
  await page.waitForFunction(() => window.wasmBindings?.ackscope_bench);
  console.log(await page.evaluate((times) => window.wasmBindings.ackscope_bench(times), rounds));
} finally {
  await browser.close();
}
