// People as they are: with a keyboard only, without script, in either language, looking after what they log in with.

import assert from 'node:assert/strict';
import { codeOf } from '../house.mjs';
import { addPasskey, giveCode, givePassword, logIn, nobody, own, reached, toAccount, toLogin, verdict, words } from '../steps.mjs';

/** Presses Tab until an element that matches has the focus. Every stop on the way can be seen. */
async function tabTo(one, selector) {
  for (let press = 0; press < 40; press += 1) {
    await one.page.keyboard.press('Tab');
    const stop = await one.page.evaluate((wanted) => {
      const element = document.activeElement;
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
      return {
        found: element.matches(wanted),
        is: element.outerHTML.slice(0, 120),
        seen: element === document.body || ((outlined || style.boxShadow !== 'none') && box.width > 0 && box.height > 0 && box.bottom > 0),
      };
    }, selector);
    assert.ok(stop.seen, `the focus can't be seen at ${stop.is}`);
    if (stop.found) return;
  }
  assert.fail(`${selector} was not reached by Tab on ${one.page.url()}`);
}

async function keyboardOnly({ house, visit }) {
  const person = await house.person({ apps: 1 });
  const one = await visit();
  const { keyboard } = one.page;
  await one.page.goto(house.sp);
  await tabTo(one, 'button[type=submit]');
  await keyboard.press('Enter');
  await reached(one, 'login');
  await tabTo(one, '#user_name');
  await keyboard.type(person.username);
  await tabTo(one, '#password');
  await keyboard.type(person.password);
  await tabTo(one, 'button[type=submit]');
  await keyboard.press('Space');
  await reached(one, 'factor');
  await tabTo(one, '#code');
  await keyboard.type(person.code());
  await keyboard.press('Enter');
  await verdict(one);
  await tabTo(one, 'form[action="/logout"] button');
  await keyboard.press('Enter');
  await one.page.locator('.alert.info').waitFor();
  await nobody(one);
}

async function skipLink({ house, visit }) {
  const one = await visit();
  for (const [address, main] of [[`${house.idp}/help`, 'main-content'], [`${house.sp}/`, 'main']]) {
    await one.page.goto(address);
    await one.page.keyboard.press('Tab');
    const link = one.page.locator(':focus');
    assert.equal(await link.getAttribute('href'), `#${main}`);
    const box = await link.boundingBox();
    assert.ok(box.y >= 0 && box.height > 20, 'the link is in sight while it has the focus');
    await one.page.keyboard.press('Enter');
    await one.page.waitForFunction((id) => location.hash === `#${id}`, main);
    await one.page.keyboard.press('Tab');
    const where = await one.page.evaluate((id) => {
      const element = document.activeElement;
      return document.getElementById(id).contains(element) || element.closest('footer') !== null;
    }, main);
    assert.ok(where, 'Tab goes on from the content');
  }
}

/** The page that sends the answer on, whose script does not run: the visitor presses its button. */
async function pressOn(one) {
  await one.page.locator('form[data-post] button').click();
}

async function withoutScript({ house, visit }) {
  const person = await house.person({ apps: 2 });
  const one = await visit({ script: false });
  await toLogin(one);
  assert.equal(await one.page.locator('[data-webauthn]').isVisible(), false);
  await logIn(one, person);
  assert.match(await one.page.locator('h1').innerText(), /^Sender dig videre til Demo service/);
  await pressOn(one);
  await verdict(one);
  await own(one, '/authenticators');
  await one.page.locator('.authenticator a[href*="remove"]').first().click();
  await one.page.locator('form[action="/account/remove"] button').click();
  await one.page.waitForURL('**/account/authenticators?done=removed');
  await one.page.goto(`${house.sp}/`);
  await one.page.locator('form[action="/logout"] button').click();
  await one.page.locator('.alert.info').waitFor();
  await nobody(one);
}

async function firstLoginWithoutScript({ house, visit }) {
  const person = await house.person();
  const one = await visit({ script: false, language: 'en' });
  await toLogin(one);
  await givePassword(one, person);
  await reached(one, 'activation');
  await giveCode(one, person.activation);
  await reached(one, 'choose');
  await one.page.locator('main a[href^="/login/enrol/passkey"]').click();
  assert.match(await one.page.locator('[data-without-webauthn]').innerText(), /JavaScript/);
  await one.page.locator('[data-without-webauthn] a').click();
  await one.page.locator('form[action="/login/enrol/totp"] button').click();
  await giveCode(one, codeOf(await one.page.locator('.secret code').innerText()));
  await pressOn(one);
  await verdict(one);
}

const languages = (one) => one.page.locator('form[action="/language"] button');

/** Presses the language switch; the page stays, in the other language. */
async function switched(one, key, to) {
  const before = new URL(one.page.url());
  await languages(one).click();
  await reached(one, key, to);
  assert.equal(one.page.url(), before.href);
}

async function switching({ house, visit }) {
  const person = await house.person({ apps: 1 });
  const one = await visit();
  await toLogin(one);
  await switched(one, 'login', 'en');
  assert.match(await one.page.locator('main').innerText(), /You are on your way to Demo service/);
  await givePassword(one, person);
  await reached(one, 'factor', 'en');
  await switched(one, 'factor', 'da');
  await giveCode(one, person.code());
  await verdict(one);
  await one.page.goto(`${house.idp}/account`);
  await switched(one, 'account', 'en');
  for (const place of ['/help', '/accessibility', '/', '/account/passkey']) {
    await one.page.goto(`${house.idp}${place}`);
    const [at, title] = [one.page.url(), await one.page.title()];
    await languages(one).click();
    await one.page.waitForFunction((old) => document.title !== old, title);
    assert.equal(one.page.url(), at);
    await languages(one).click();
    await one.page.waitForFunction((old) => document.title === old, title);
  }
}

async function wishes({ house, browser }) {
  for (const [wish, tag] of [['en-GB,en;q=0.9', 'en'], ['da', 'da'], ['de-DE,de;q=0.9', 'da'], ['de,en;q=0.5,da;q=0.3', 'en'], ['', 'da']]) {
    const context = await browser.newContext({ extraHTTPHeaders: { 'Accept-Language': wish } });
    const page = await context.newPage();
    await page.goto(`${house.idp}/login`);
    assert.equal(await page.locator('html').getAttribute('lang'), tag, `Accept-Language: ${wish}`);
    await context.close();
  }
}

async function elsewhere({ house, visit }) {
  const person = await house.person({ apps: 2 });
  const [one, two] = [await visit(), await visit()];
  await toAccount(one, person);
  await toAccount(two, person);
  await own(two, '/sessions');
  assert.equal(await two.page.locator('.logins > li').count(), 2);
  await two.page.locator('form:has([value=others]) button').click();
  await two.page.waitForURL('**/account/sessions?done=ended-elsewhere');
  await one.page.reload();
  await reached(one, 'login');
  await two.page.reload();
  await reached(two, 'sessions');
}

async function somebodyElse({ house, visit }) {
  const [wrong, right] = [await house.person({ apps: 1 }), await house.person({ apps: 1 })];
  const one = await visit();
  await toLogin(one);
  await givePassword(one, wrong);
  await reached(one, 'factor');
  await one.page.locator('form[action="/login/restart"] button').click();
  await reached(one, 'login');
  await logIn(one, right);
  const { assertion } = await verdict(one);
  assert.ok(JSON.stringify(assertion.attributes).includes(right.username));
}

async function secondApp({ house, visit }) {
  const person = await house.person({ apps: 1 });
  const one = await visit();
  await toAccount(one, person);
  await own(one, '/authenticators');
  await one.page.locator('form[action="/account/totp"] button').click();
  await one.page.locator('.qr').waitFor();
  const secret = await one.page.locator('.secret code').innerText();
  one.expected.add(401);
  await giveCode(one, '000000');
  await one.page.locator('#error').waitFor();
  assert.equal(await one.page.locator('.secret code').innerText(), secret, 'a slip does not change the key that the app has by now');
  await giveCode(one, codeOf(secret));
  await one.page.waitForURL('**/account/authenticators?done=added');
  assert.equal(await one.page.locator('.authenticator').count(), 2);
}

async function overview({ house, visit }) {
  const person = await house.person({ apps: 1 });
  const one = await visit();
  await one.authenticator();
  await toAccount(one, person);
  await addPasskey(one, '<b>"Nøglen" & co.</b>');
  assert.ok((await one.page.locator('main').innerText()).includes('<b>"Nøglen" & co.</b>'));
  await own(one, '');
  const text = await one.page.locator('main').innerText();
  for (const part of [person.name, person.username, 'Testkommune', 'Betydelig', words.da.account]) {
    assert.ok(text.includes(part), part);
  }
}

export const cases = {
  'a whole login and logout by keyboard only': keyboardOnly,
  'the skip link comes first, shows itself and skips': skipLink,
  'a login without script passes by a button': withoutScript,
  'a first login without script takes an app': firstLoginWithoutScript,
  'the language switch keeps the place': switching,
  'the browser\'s wish chooses the language, Danish otherwise': wishes,
  'logging out everywhere else leaves this browser in': elsewhere,
  'one can begin again as somebody else': somebodyElse,
  'a second app is added from Min identitet': secondApp,
  'Min identitet shows what it knows': overview,
};
