// The browser tests: node run.mjs [WORD]. With a word only the cases whose name contains it.
//
// Starts the demo and a browser, runs every case with visitors of its own, and ends with one line: N passed, N failed.
// A case fails as well when one of its visitors saw a fault (see visit.mjs).

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { House, target } from './house.mjs';
import { Visit, launch } from './visit.mjs';
import * as login from './cases/login.mjs';
import * as passkeys from './cases/passkeys.mjs';
import * as people from './cases/people.mjs';
import * as strangers from './cases/strangers.mjs';
import * as lives from './cases/lives.mjs';
import * as desk from './cases/desk.mjs';
import * as pages from './cases/pages.mjs';

const patience = 180_000;
const cases = [login, passkeys, people, strangers, lives, desk, pages].flatMap((room) => Object.entries(room.cases));
const chosen = cases.filter(([name]) => name.includes(process.argv[2] ?? ''));

const browser = await launch();
const houses = [];
let failed = 0;
try {
  houses.push(await House.open(), await House.open({ town: true }));
  for (const [name, act] of chosen) failed += (await attempt(name, act)) ? 0 : 1;
} finally {
  await browser.close();
  for (const house of houses) await house.close();
}
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 || chosen.length === 0 ? 1 : 0;

async function attempt(name, act) {
  const visits = [];
  const [house, town] = houses;
  const visit = async (how = {}) => {
    const one = await Visit.of(browser, how.house ?? house, how);
    visits.push(one);
    return one;
  };
  const began = Date.now();
  const logged = houses.map((each) => each.log().length);
  try {
    await inTime(act({ house, town, browser, visit }));
    const faults = [];
    for (const one of visits) faults.push(...await one.close());
    if (faults.length > 0) throw new Error(`seen on the way:\n  ${[...new Set(faults)].join('\n  ')}`);
    console.log(`ok      ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    console.log(`FAILED  ${name}\n${String(error.stack ?? error).replace(/^/gm, '        ')}`);
    for (const one of visits) await picture(name, one);
    for (const [at, each] of houses.entries()) {
      const lines = each.log().slice(logged[at]);
      if (lines) console.log(lines.trimEnd().split('\n').slice(-12).join('\n').replace(/^/gm, '        | '));
    }
    return false;
  }
}

function inTime(work) {
  let clock;
  const late = new Promise((_, fail) => { clock = setTimeout(() => fail(new Error(`not done in ${patience / 1000} s`)), patience); });
  return Promise.race([work, late]).finally(() => clearTimeout(clock));
}

/** What a visitor of a failed case had before them. */
async function picture(name, visit) {
  const folder = join(target, 'browser-failures');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name.replace(/\W+/g, '-')}.png`);
  try {
    console.log(`        at ${visit.page.url()}, see ${file}\n        ${visit.faults.join('\n        ')}`);
    await visit.page.screenshot({ path: file, fullPage: true, timeout: 5_000 });
  } catch {
    // The page was closed.
  }
  await visit.context.close();
}
