// Every page and state, in both languages: WCAG 2.1 A and AA by axe-core, and no sideways scrolling at 320 pixels
// (WCAG 1.4.10). What axe can't judge by itself is not counted; the other cases cover keyboard, focus and language.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { townWalk } from '../newcomers.mjs';
import { walk } from '../rooms.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** What axe-core finds on the page as it stands. */
async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate((values) => globalThis.axe.run(document, { runOnly: { type: 'tag', values }, resultTypes: ['violations'] })
    .then(({ violations: all }) => all.map((one) => `${one.id}: ${one.help}\n    ${one.nodes.map((node) => node.html.slice(0, 160)).join('\n    ')}`)), rules);
  return found;
}

async function judge(language, { house, town, visit }, [take, least]) {
  const found = [];
  let places = 0;
  const at = async (one, group, name) => {
    places += 1;
    const place = `${language}, ${group}, ${name}`;
    found.push(...(await violations(one.page)).map((text) => `${place}: ${text}`));
    assert.equal(await one.page.locator('html').getAttribute('lang'), language, place);
    const { width, height } = one.page.viewportSize();
    await one.page.setViewportSize({ width: 320, height });
    const beyond = await one.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (beyond > 0) found.push(`${place}: scrolls ${beyond} pixels sideways at 320`);
    await one.page.setViewportSize({ width, height });
  };
  await take({ house, town, open: () => visit({ language, house: take === townWalk ? town : house }), at });
  assert.deepEqual(found, [], found.join('\n'));
  assert.ok(places >= least, `${places} places were looked at`);
}

/** The judge itself: a page with known mistakes is found out. */
async function control({ house, visit }) {
  const one = await visit();
  await one.page.goto(`${house.idp}/help`);
  assert.deepEqual(await violations(one.page), []);
  await one.page.evaluate(() => {
    document.documentElement.removeAttribute('lang');
    document.querySelector('main').append(document.createElement('input'));
  });
  const found = (await violations(one.page)).map((text) => text.split(':')[0]);
  assert.deepEqual(found.sort(), ['html-has-lang', 'label']);
}

export const cases = {
  'axe-core finds mistakes where there are some': control,
  'every page in Danish is accessible and fits 320 pixels': (t) => judge('da', t, [walk, 80]),
  'every page in English is accessible and fits 320 pixels': (t) => judge('en', t, [walk, 80]),
  'every page where there are MitID and mail, in Danish, likewise': (t) => judge('da', t, [townWalk, 20]),
  'every page where there are MitID and mail, in English, likewise': (t) => judge('en', t, [townWalk, 20]),
};
