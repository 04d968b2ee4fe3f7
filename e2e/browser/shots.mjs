// Screenshots of every page and state, in both languages, wide and narrow, into target/shots with an index page.
//
// Takes the same walk as the tests. Also takes docs/login.png, the picture in the README, when asked: node shots.mjs --readme

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { House, target } from './house.mjs';
import { townWalk } from './newcomers.mjs';
import { walk } from './rooms.mjs';
import { toLogin } from './steps.mjs';
import { Visit, launch } from './visit.mjs';

const widths = [1280, 360];
const folder = join(target, 'shots');
const plain = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');

const browser = await launch();
const houses = [];
try {
  houses.push(await House.open());
  await (process.argv.includes('--readme') ? readme() : all());
} finally {
  await browser.close();
  for (const house of houses) await house.close();
}

async function all() {
  houses.push(await House.open({ town: true }));
  const [house, town] = houses;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const places = new Map();
  for (const language of ['da', 'en']) {
    const visits = [];
    const open = (where) => async () => {
      visits.push(await Visit.of(browser, where, { language, height: 800 }));
      return visits.at(-1);
    };
    const at = (visit, group, name) => take(visit, places, [group, name, language]);
    await walk({ house, open: open(house), at });
    await townWalk({ town, open: open(town), at });
    for (const visit of visits) await visit.close();
  }
  writeFileSync(join(folder, 'index.html'), index(places));
  console.log(`${places.size} pages and states, in ${join(folder, 'index.html')}`);
}

async function take({ page }, places, [group, name, language]) {
  const place = `${group}/${name}`;
  if (!places.has(place)) places.set(place, []);
  const { width, height } = page.viewportSize();
  for (const each of widths) {
    const file = `${plain(group)}-${plain(name)}-${language}-${each}.png`;
    await page.setViewportSize({ width: each, height });
    await page.screenshot({ path: join(folder, file), fullPage: true });
    places.get(place).push({ file, width: each, language });
  }
  await page.setViewportSize({ width, height });
}

function index(places) {
  const groups = new Map();
  for (const [place, pictures] of places) {
    const [group, name] = place.split('/');
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push({ name, pictures });
  }
  const picture = ({ file, width, language }) => `<a href="${file}"><img class="w${width}" src="${file}" loading="lazy" alt="${language}, ${width} pixels"></a>`;
  const state = ({ name, pictures }) => `<h3>${name}</h3><div class="row">${pictures.map(picture).join('')}</div>`;
  const section = ([group, states]) => `<section><h2>${group}</h2>${states.map(state).join('\n')}</section>`;
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Portvagt: every page</title><style>
body { font-family: sans-serif; margin: 2rem; background: #eee; }
.row { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
img { border: 1px solid #999; background: #fff; max-height: 30rem; object-fit: cover; object-position: top; }
.w1280 { width: 32rem; } .w360 { width: 12rem; }
</style></head><body><h1>Every page and state</h1>
${[...groups].map(section).join('\n')}
</body></html>
`;
}

/** The login page as a visitor of the demo meets it. */
async function readme() {
  const visit = await Visit.of(browser, houses[0], { width: 1100, height: 930 });
  await toLogin(visit);
  await visit.page.screenshot({ path: join(dirname(fileURLToPath(import.meta.url)), '../../docs/login.png') });
  await visit.close();
}
