// The page in a real browser. `cargo xtask test --browser` serves the built page, finds a Chromium, and starts this.
import { defineConfig } from '@playwright/test';

const { ACKSCOPE_URL, ACKSCOPE_CHROMIUM } = process.env;
if (!ACKSCOPE_URL || !ACKSCOPE_CHROMIUM) {
  throw new Error('Run the browser tests with: cargo xtask test --browser [FILTER]');
}

export default defineConfig({
  testDir: '.',
  outputDir: 'test-results',
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['json']],
  use: {
    baseURL: ACKSCOPE_URL,
    viewport: { width: 1440, height: 900 },
    launchOptions: {
      executablePath: ACKSCOPE_CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
});
