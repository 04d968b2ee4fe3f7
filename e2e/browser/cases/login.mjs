// Sign-on as services see it: two factors, the second service without a password, and every way of saying no.

import assert from 'node:assert/strict';
import { logIn, logOut, nobody, reached, toLogin, verdict, words } from '../steps.mjs';

async function passwordAndCode({ house, visit }, language) {
  const person = await house.person({ apps: 1 });
  const one = await visit({ language });
  await toLogin(one);
  await logIn(one, person);
  const { assertion, encryption } = await verdict(one);
  assert.equal(assertion.level, 'Substantial');
  assert.equal(assertion.sp_name_qualifier, 'https://saml.demo-sp.example');
  assert.match(assertion.name_id, /^https:\/\/data\.gov\.dk\/model\/core\/eid\/professional\/uuid\/[0-9a-f-]{36}$/);
  assert.match(encryption.content, /aes256-gcm/);
  assert.match(await one.page.locator('h1').innerText(), /Sofie/);
  const session = (await one.context.cookies(house.idp)).find((cookie) => cookie.name === '__Host-session');
  assert.deepEqual([session.secure, session.httpOnly, session.sameSite, session.path], [true, true, 'Lax', '/']);
}

/** Asks the service for a login that ends without a page of ours. */
async function asks(one, how, outcome) {
  await one.page.goto(`${one.house.sp}/login${how}`);
  return verdict(one, outcome);
}

/** The no was signed, and the service explains it. */
async function explained(one, found, code, text) {
  assert.ok(found.status.some((status) => status.endsWith(code)), JSON.stringify(found.status));
  assert.equal(found.checks.find((check) => check.id === 'signature').result, 'pass');
  assert.match(await one.page.locator('.alert.warning').innerText(), text);
}

export const cases = {
  'password and code lead to an assertion that passes every check': (t) => passwordAndCode(t, 'da'),
  'the same in English, as the browser wishes': (t) => passwordAndCode(t, 'en'),

  'the second service asks for no password and gets another pseudonym': async ({ house, visit }) => {
    const one = await visit();
    await toLogin(one);
    await logIn(one, await house.person({ apps: 1 }));
    const first = await verdict(one);
    const second = await asks(one, '?encryption=aes128', 'accepted');
    assert.equal(second.entity_id, 'https://saml.demo-sp.example/aes128');
    assert.match(second.encryption.content, /aes128-gcm/);
    assert.notEqual(second.assertion.name_id, first.assertion.name_id);
    assert.equal(second.assertion.authn_instant, first.assertion.authn_instant);
  },

  'a request by form is answered like one by redirect': async ({ house, visit }) => {
    const one = await visit();
    await toLogin(one, '?binding=post');
    await logIn(one, await house.person({ apps: 1 }));
    await verdict(one);
    await asks(one, '?binding=post&encryption=aes128', 'accepted');
  },

  'ForceAuthn asks again': async ({ house, visit }) => {
    const person = await house.person({ apps: 2 });
    const one = await visit();
    await toLogin(one);
    await logIn(one, person);
    const first = await verdict(one);
    await toLogin(one, '?force=1');
    await logIn(one, person);
    const second = await verdict(one);
    assert.notEqual(second.assertion.authn_instant, first.assertion.authn_instant);
    assert.equal(second.checks.find((check) => check.id === 'forced').result, 'pass');
  },

  'IsPassive is a signed no without a session and an assertion with one': async ({ house, visit }) => {
    const one = await visit();
    const no = await asks(one, '?passive=1', 'declined');
    await explained(one, no, ':NoPassive', /Du er ikke logget ind/);
    await nobody(one);
    await toLogin(one);
    await logIn(one, await house.person({ apps: 1 }));
    await verdict(one);
    await asks(one, '?passive=1', 'accepted');
  },

  'level High is a signed no that the service explains': async ({ house, visit }) => {
    const one = await visit({ language: 'en' });
    await toLogin(one, '?level=High');
    await logIn(one, await house.person({ apps: 1 }));
    await explained(one, await verdict(one, 'declined'), ':NoAuthnContext', /level of assurance can.t be reached/);
  },

  'an identity proved at Low is refused Substantial and told Low': async ({ house, visit }) => {
    const one = await visit();
    await toLogin(one, '?level=Substantial');
    await logIn(one, await house.person({ apps: 1, level: 'low' }));
    await explained(one, await verdict(one, 'declined'), ':NoAuthnContext', /sikringsniveau/);
    const low = await asks(one, '?level=Low', 'accepted');
    assert.equal(low.assertion.level, 'Low');
  },

  'an identity that nobody proved is refused everywhere': async ({ house, visit }) => {
    const one = await visit();
    await toLogin(one, '?level=Low');
    await logIn(one, await house.person({ apps: 1, level: null }));
    await explained(one, await verdict(one, 'declined'), ':NoAuthnContext', /sikringsniveau/);
  },

  'a wrong password says one thing, whoever it is for': async ({ house, visit }) => {
    const person = await house.person({ apps: 1 });
    const texts = [];
    for (const username of [person.username, 'findes-ikke']) {
      const one = await visit();
      one.expected.add(401);
      await toLogin(one);
      await one.page.fill('#user_name', username);
      await one.page.fill('#password', 'helt forkert kode');
      await one.page.keyboard.press('Enter');
      await one.page.locator('#error').waitFor();
      assert.ok(await one.page.locator('#error').evaluate((error) => error === document.activeElement), 'the error has the focus');
      assert.equal(await one.page.locator('#user_name').inputValue(), username);
      assert.match(await one.page.title(), /^Fejl: /);
      texts.push(await one.page.locator('#error').innerText());
      await nobody(one);
    }
    assert.ok(texts[0].includes(words.da.refused));
    assert.equal(texts[0], texts[1]);
  },

  'a code lets in once': async ({ house, visit }) => {
    const person = await house.person({ apps: 1 });
    const code = person.code();
    person.secrets.push('A'.repeat(32));
    const [one, two] = [await visit(), await visit()];
    two.expected.add(401);
    for (const each of [one, two]) {
      await toLogin(each);
      await each.page.fill('#user_name', person.username);
      await each.page.fill('#password', person.password);
      await each.page.keyboard.press('Enter');
      await reached(each, 'factor');
      await each.page.fill('#code', code);
      await each.page.keyboard.press('Enter');
      if (each === one) await verdict(each);
    }
    await two.page.locator('#error').waitFor();
    await nobody(two);
  },

  'logging out at the service ends the login everywhere': async ({ house, visit }) => {
    const one = await visit();
    await toLogin(one);
    await logIn(one, await house.person({ apps: 1 }));
    await verdict(one);
    await one.page.locator('form[action="/logout"] button').click();
    await one.page.locator('.alert.info').waitFor();
    const { logged_in: still, logout } = await (await one.context.request.get(`${house.sp}/verdict.json`)).json();
    assert.equal(still, false);
    assert.equal(logout.how, 'done');
    assert.deepEqual(logout.checks.filter((check) => check.result !== 'pass'), []);
    await nobody(one);
    await toLogin(one);
  },

  'logging out at one service logs out at the other on the way': async ({ house, visit }) => {
    const one = await visit();
    await toLogin(one, '?encryption=aes128');
    await logIn(one, await house.person({ apps: 1 }));
    await verdict(one);
    await asks(one, '', 'accepted');
    const asked = [];
    one.page.on('request', (request) => { if (request.url().startsWith(`${house.sp}/slo`)) asked.push(new URL(request.url())); });
    await one.page.locator('form[action="/logout"] button').click();
    await one.page.locator('.alert.info').waitFor();
    const { logged_in: still, logout } = await (await one.context.request.get(`${house.sp}/verdict.json`)).json();
    assert.equal(still, false);
    assert.equal(logout.how, 'done');
    assert.deepEqual(logout.checks.filter((check) => check.result !== 'pass'), []);
    assert.deepEqual(asked.map((url) => [url.pathname, [...url.searchParams.keys()][0]]), [['/slo/aes128', 'SAMLRequest'], ['/slo', 'SAMLResponse']]);
    await nobody(one);
  },

  'logging out at Min identitet logs out at the service too': async ({ house, visit }) => {
    const one = await visit();
    await toLogin(one);
    await logIn(one, await house.person({ apps: 1 }));
    await verdict(one);
    await logOut(one);
    assert.doesNotMatch(await one.page.locator('main').innerText(), /Demo service/);
    await nobody(one);
    const { logged_in: still, logout } = await (await one.context.request.get(`${house.sp}/verdict.json`)).json();
    assert.deepEqual([still, logout.how], [false, 'by-idp']);
    await one.page.goto(`${house.idp}/account`);
    await reached(one, 'login');
    await asks(one, '?passive=1', 'declined');
  },

  'a service that is not there is passed over and named': async ({ house, visit }) => {
    const one = await visit();
    await toLogin(one);
    await logIn(one, await house.person({ apps: 1 }));
    await verdict(one);
    await one.context.route(`${house.sp}/**`, (route) => route.abort());
    await logOut(one);
    assert.match(await one.page.locator('main').innerText(), /Demo service/);
    await nobody(one);
    one.forgive(/ERR_FAILED/);
  },

  'without script there is a way on to the service and a way past it': async ({ house, visit }) => {
    for (const way of ['data-go', 'data-skip']) {
      const one = await visit({ script: false });
      await toLogin(one);
      await logIn(one, await house.person({ apps: 1 }));
      // The response waits for a press.
      await one.page.locator('form[data-post] button').click();
      await verdict(one);
      await one.page.goto(`${house.idp}/account`);
      await one.page.locator('header form[action="/logout"] button').click();
      await one.page.locator(`[${way}]`).click();
      await reached(one, 'loggedOut');
      assert.equal(/Demo service/.test(await one.page.locator('main').innerText()), way === 'data-skip');
    }
  },

  'a link alone logs nobody out': async ({ house, visit }) => {
    const one = await visit();
    await toLogin(one);
    await logIn(one, await house.person({ apps: 1 }));
    await verdict(one);
    await one.page.goto(`${house.idp}/logout`);
    await one.page.locator('main a').click();
    await reached(one, 'account');
  },

  'a suspended person is out at once': async ({ house, visit }) => {
    const person = await house.person({ apps: 1 });
    const one = await visit();
    await toLogin(one);
    await logIn(one, person);
    await verdict(one);
    await house.command(['person', 'suspend', person.username]);
    await one.page.goto(`${house.idp}/account`);
    await reached(one, 'login');
    await asks(one, '?passive=1', 'declined');
  },
};
