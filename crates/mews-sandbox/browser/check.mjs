// Drives the page of the sandbox in headless Chromium: clicks through every form, checks what the browser reports, and
// takes screenshots. The tests in tests/it/page.rs check the same page over HTTP, without a browser.
//
// Usage: npm install --no-save puppeteer-core@24
//        node check.mjs PATH-OF-mews-sandbox PATH-OF-CHROMIUM FOLDER-FOR-SCREENSHOTS

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import puppeteer from 'puppeteer-core';

const [binary, executablePath, folder] = process.argv.slice(2);
assert(folder, 'usage: node check.mjs PATH-OF-mews-sandbox PATH-OF-CHROMIUM FOLDER-FOR-SCREENSHOTS');
await mkdir(folder, { recursive: true });

const sandbox = spawn(binary, ['--port', '0', '--format', 'json', '--quiet'], { stdio: ['ignore', 'pipe', 'inherit'] });
const browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox', '--headless=new', '--disable-gpu'] });
try {
  const [line] = await once(createInterface({ input: sandbox.stdout }), 'line');
  const url = JSON.parse(line).Url;
  await check(url);
  console.log(`checked ${url}/_sandbox/; the screenshots are in ${folder}`);
} finally {
  await browser.close();
  sandbox.kill();
}

async function check(url) {
  const page = await browser.newPage();
  await page.setViewport({ width: 1200, height: 900 });
  // Everything that a browser complains about, such as a violation of the content security policy.
  const complaints = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
  page.on('request', (request) => {
    const target = request.url();
    if (!target.startsWith(`${url}/`) && !target.startsWith('data:')) complaints.push(`foreign: ${target}`);
  });
  const text = (selector) => page.$eval(selector, (element) => element.innerText);
  const shot = (name) => page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  const press = async (action, within = 'body') => {
    await Promise.all([page.waitForNavigation(), page.click(`${within} button[value="${action}"]`)]);
  };
  const call = (operation, properties) =>
    fetch(`${url}/api/connector/v1/${operation}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        ClientToken: 'sandbox-client-token',
        AccessToken: 'sandbox-access-token',
        Client: 'Browser check 1.0.0',
        ...properties,
      }),
    });
  const VoucherId = 'd15c0000-0000-4000-8000-000000000001';
  const addCode = (Value) => call('voucherCodes/add', { VoucherCodeParameters: [{ VoucherId, Value }] });

  await page.goto(`${url}/_sandbox`);
  assert.equal(page.url(), `${url}/_sandbox/`);
  const font = await page.$eval('body', (body) => getComputedStyle(body).maxWidth);
  assert.notEqual(font, 'none', 'the style sheet is loaded');
  await shot('1-start');

  // A fault from the list, one as JSON, and a request that triggers the first one.
  await page.select('select[name="Effect"]', '{"Html": {"Code": 502}}');
  await page.select('select[name="Operation"]', 'voucherCodes/add');
  await press('AddFault');
  assert.match(page.url(), /#faults$/);
  await page.click('#faults details summary');
  await page.$eval('textarea', (area) => (area.value = ''));
  await page.type('textarea', '[{ "Times": 3, "Effect": "DropMidBody" }]');
  await press('AddScript');
  assert.match(await text('#faults'), /Html[\s\S]*DropMidBody/);
  assert.equal((await addCode('FAILS')).status, 502);
  await page.reload();
  assert.match(await text('#faults tbody tr:first-child'), /1\s+1/, 'the fault was triggered');
  await page.click('#requests details summary');
  assert.match(await text('#requests details'), /voucherCodes\/add[\s\S]*502[\s\S]*"AccessToken": "\*\*\*"/);
  await shot('2-faults');
  await press('RemoveFault', '#faults tbody tr:first-child');
  assert.doesNotMatch(await text('#faults tbody'), /Html/);
  await press('ClearFaults');
  assert.match(await text('#faults'), /None\./);

  // The clock.
  await page.$eval('input[name="NowUtc"]', (input) => (input.value = ''));
  await page.type('input[name="NowUtc"]', '2026-04-15T12:00:00Z');
  await press('SetClock');
  assert.match(await text('#clock'), /2026-04-15T12:00:/);
  await press('FreezeClock');
  const stopped = await text('#clock p');
  assert.match(stopped, /stopped/);
  await press('AdvanceClock');
  assert.notEqual(await text('#clock p'), stopped);
  await press('RunClock');
  await press('RestoreClock');
  assert.match(await text('#clock p'), /running/);

  // New data, and a reset.
  assert.equal((await addCode('<b>NEW</b>')).status, 200);
  await page.reload();
  assert.match(await text('#data'), /<b>NEW<\/b>/);
  assert.match(await text('#limit'), /Access token 1[^\n]*\s1\s/);
  await shot('3-data');
  await press('ClearRequests');
  assert.match(await text('#requests'), /None\./);
  await press('Reset');
  assert.doesNotMatch(await text('#data'), /NEW/);

  // An error, and the way back.
  await page.$eval('input[name="NowUtc"]', (input) => (input.value = 'tomorrow'));
  await press('SetClock');
  assert.match(await text('main'), /Invalid NowUtc/);
  await shot('4-error');
  assert.equal(complaints.splice(0).filter((complaint) => !complaint.includes('400')).length, 0);
  await Promise.all([page.waitForNavigation(), page.click('main a')]);

  // The reference, and a link within it.
  await Promise.all([page.waitForNavigation(), page.click('#operations a')]);
  assert.match(page.url(), /reference#/);
  await shot('5-reference');
  await page.click('a[href^="#schema-"]');
  assert.match(page.url(), /#schema-/);

  // A small screen.
  await page.setViewport({ width: 390, height: 800 });
  await page.goto(`${url}/_sandbox/`);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert(width <= 390, `the page is ${width} pixels wide`);
  await shot('6-small');
  assert.deepEqual(complaints, []);
}
