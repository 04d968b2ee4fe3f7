// Passkeys and security keys, with the browser's own virtual authenticator: set up, used in every way, and faked.

import assert from 'node:assert/strict';
import { codeOf } from '../house.mjs';
import {
  addPasskey, giveCode, givePassword, logIn, logOut, nobody, own, reached, toAccount, toLogin, told, verdict, words,
} from '../steps.mjs';

/** A person with a passkey in this visitor's browser, logged out again. */
async function withPasskey({ house, visit }, { apps = 1, language = 'da', name = 'Min nøgle' } = {}) {
  const person = await house.person({ apps });
  const one = await visit({ language });
  // A browser that offers passkeys in the user name field would log in by itself: the authenticator always says yes.
  await one.context.addInitScript(() => {
    if (localStorage.getItem('offers') !== 'yes') delete PublicKeyCredential.isConditionalMediationAvailable;
  });
  const key = await one.authenticator();
  await toAccount(one, person);
  await addPasskey(one, name);
  assert.equal((await key.credentials()).length, 1);
  await logOut(one);
  return { person, one, key };
}

const button = (one) => one.page.locator('[data-go]');

async function enrolAndUse(t, language) {
  const { one, key } = await withPasskey(t, { language, name: ' Æblegrøds nøgle ' });
  const [{ isResidentCredential, rpId }] = await key.credentials();
  assert.deepEqual([isResidentCredential, rpId], [true, 'localhost']);
  await toLogin(one);
  await button(one).click();
  const { assertion } = await verdict(one);
  assert.equal(assertion.level, 'Substantial');
  await own(one, '/authenticators');
  assert.ok((await one.page.locator('main').innerText()).includes('Æblegrøds nøgle'));
}

/** The answer of an authenticator that lies is refused: told, not logged in, and named in the log. */
async function refused(one, reason, arrive) {
  const lines = one.house.log().length;
  one.expected.add(403);
  await arrive();
  await button(one).click();
  assert.ok((await told(one)).includes(words.da.passkeyFailed));
  assert.match(one.house.log().slice(lines), new RegExp(`webauthn\\.failed" reason=${reason} `));
  await nobody(one);
}

async function atFactor(one, person) {
  await toLogin(one);
  await givePassword(one, person);
  await reached(one, 'factor');
}

/** A passkey login on a page of another origin that relays the identity provider's question, with all else right. */
async function phished(one, origin) {
  const { idp } = one.house;
  const begun = await fetch(`${idp}/login`, { redirect: 'manual' });
  const cookie = begun.headers.get('set-cookie').split(';')[0];
  const page = await (await fetch(begun.headers.get('location').replace(/^\//, `${idp}/`), { headers: { cookie } })).text();
  const of = (name) => new RegExp(`data-${name}="([^"]*)"`).exec(page)[1];
  const post = (path, body) => fetch(`${idp}${path}`, {
    method: 'POST', body: JSON.stringify({ flow: of('flow'), ...body }),
    headers: { cookie, 'Content-Type': 'application/json', Origin: idp, 'Sec-Fetch-Site': 'same-origin', 'X-CSRF': of('csrf') },
  });
  const question = await (await post('/login/passkey/start', {})).json();
  await one.page.goto(origin);
  const credential = await one.page.evaluate(async ({ challenge, rpId }) => {
    const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
    const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
    const found = await navigator.credentials.get({ publicKey: { challenge: bytes(challenge), rpId, userVerification: 'required' } });
    const { clientDataJSON, authenticatorData, signature, userHandle } = found.response;
    return {
      id: found.id, rawId: text(found.rawId), type: found.type, extensions: {},
      response: { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature), userHandle: text(userHandle) },
    };
  }, question.publicKey);
  return post('/login/passkey/finish', { credential });
}

export const cases = {
  'a passkey from Min identitet logs in by its button': (t) => enrolAndUse(t, 'da'),
  'the same in English': (t) => enrolAndUse(t, 'en'),

  'a passkey logs in from the user name field': async (t) => {
    const { one } = await withPasskey(t);
    await one.page.evaluate(() => localStorage.setItem('offers', 'yes'));
    await one.page.goto(`${one.house.sp}/login`);
    await verdict(one);
  },

  'the button works while the user name field offers passkeys': async (t) => {
    const { one, key } = await withPasskey(t);
    await one.page.evaluate(() => localStorage.setItem('offers', 'yes'));
    await key.present(false);
    const offered = one.page.waitForResponse((answer) => answer.url().endsWith('/login/passkey/start'));
    await toLogin(one);
    assert.match((await offered).request().postData(), /"conditional":true/);
    await key.present(true);
    await button(one).click();
    await verdict(one);
  },

  'a passkey serves as second factor beside the password': async (t) => {
    const { person, one } = await withPasskey(t);
    await atFactor(one, person);
    await button(one).click();
    const { assertion } = await verdict(one);
    assert.equal(assertion.level, 'Substantial');
  },

  'a first login with activation code and passkey leads on to the service': async ({ house, visit }) => {
    const person = await house.person();
    const one = await visit();
    await one.authenticator();
    await toLogin(one);
    await givePassword(one, person);
    await reached(one, 'activation');
    await giveCode(one, person.activation.toLowerCase().replaceAll('-', ' '));
    await reached(one, 'choose');
    await one.page.locator('main a[href^="/login/enrol/passkey"]').click();
    await one.page.fill('#name', 'Min første');
    await one.page.keyboard.press('Enter');
    const { assertion } = await verdict(one);
    assert.equal(assertion.level, 'Substantial');
  },

  'a first login with activation code and app leads on to the service': async ({ house, visit }) => {
    const person = await house.person();
    const one = await visit({ language: 'en' });
    await toLogin(one);
    await givePassword(one, person);
    await reached(one, 'activation');
    await giveCode(one, person.activation);
    await reached(one, 'choose');
    await one.page.locator('form[action="/login/enrol/totp"] button').click();
    const secret = await one.page.locator('.secret code').innerText();
    await giveCode(one, codeOf(secret));
    await verdict(one);
    await own(one, '/authenticators');
    assert.equal(await one.page.locator('.authenticator').count(), 1);
  },

  'an activation code serves once': async ({ house, visit }) => {
    const person = await house.person();
    const one = await visit();
    one.expected.add(401);
    const activate = async (code) => {
      await toLogin(one);
      await givePassword(one, person);
      await reached(one, 'activation');
      await giveCode(one, code);
    };
    await activate('ABCD-EFGH-JKLM');
    await one.page.locator('#error').waitFor();
    await activate(person.activation);
    await reached(one, 'choose');
    await activate(person.activation);
    await one.page.locator('#error').waitFor();
  },

  'what was added can be removed': async (t) => {
    const { person, one } = await withPasskey(t, { apps: 2 });
    await one.page.goto(`${one.house.idp}/account`);
    await logIn(one, person);
    await reached(one, 'account');
    await own(one, '/authenticators');
    const cards = one.page.locator('.authenticator');
    assert.equal(await cards.count(), 3);
    await cards.filter({ hasText: 'Min nøgle' }).locator('a[href*="remove"]').click();
    assert.ok((await one.page.locator('main').innerText()).includes('Min nøgle'));
    await one.page.locator('form[action="/account/remove"] button').click();
    await one.page.waitForURL('**/account/authenticators?done=removed');
    assert.equal(await cards.count(), 2);
    assert.equal(await cards.filter({ hasText: 'Min nøgle' }).count(), 0);
    await logOut(one);
    await refused(one, 'unknown_credential', () => toLogin(one));
  },

  'an authenticator that has the key already is told so': async (t) => {
    const { one } = await withPasskey(t);
    await toLogin(one);
    await button(one).click();
    await verdict(one);
    await one.page.goto(`${one.house.idp}/account/passkey`);
    await button(one).click();
    assert.match(await told(one), /har du allerede tilføjet/);
  },

  'a key that does not verify its user asks nothing of the server': async (t) => {
    const { person, one, key } = await withPasskey(t);
    await key.verifies(false);
    await toLogin(one);
    await button(one).click();
    assert.ok((await told(one)).includes(words.da.passkeyFailed));
    await nobody(one);
    await atFactor(one, person);
    await button(one).click();
    assert.ok((await told(one)).includes(words.da.passkeyFailed));
    await nobody(one);
  },

  'a passkey without user verification is refused': async (t) => {
    const { one, key } = await withPasskey(t);
    await key.lies({ isBadUV: true });
    await refused(one, 'uv', () => toLogin(one));
    await key.lies({});
    await button(one).click();
    await verdict(one);
  },

  'a second factor without user verification is refused': async (t) => {
    const { person, one, key } = await withPasskey(t);
    await key.lies({ isBadUV: true });
    await refused(one, 'uv', () => atFactor(one, person));
  },

  'a passkey without user presence is refused': async (t) => {
    const { one, key } = await withPasskey(t);
    await key.lies({ isBadUP: true });
    await refused(one, 'uv', () => toLogin(one));
  },

  'a false signature is refused': async (t) => {
    const { person, one, key } = await withPasskey(t);
    await key.lies({ isBogusSignature: true });
    await refused(one, 'signature', () => toLogin(one));
    await refused(one, 'signature', () => atFactor(one, person));
  },

  'a passkey whose counter went back may be a copy and is refused': async (t) => {
    const { one, key } = await withPasskey(t);
    await toLogin(one);
    await button(one).click();
    await verdict(one);
    await logOut(one);
    const [credential] = await key.credentials();
    await key.replace({ ...credential, signCount: 0 });
    await refused(one, 'counter', () => toLogin(one));
  },

  'a passkey used on another origin is refused': async (t) => {
    const { one } = await withPasskey(t);
    const lines = t.house.log().length;
    // The service stands at the same host name with another port: as close as a stranger can come.
    const answer = await phished(one, `${t.house.sp}/`);
    assert.equal(answer.status, 403, await answer.clone().text());
    assert.equal(answer.headers.get('set-cookie'), null);
    assert.match(t.house.log().slice(lines), /webauthn\.failed" reason=origin /);
    // The same relay from our own page goes through, so it was the origin.
    const right = await phished(one, `${t.house.idp}/help`);
    assert.equal(right.status, 200, await right.clone().text());
    assert.match(right.headers.get('set-cookie'), /__Host-session=/);
  },
};
