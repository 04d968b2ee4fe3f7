// Strangers: pages of other origins, other names of our host, and what a service may put into RelayState.

import assert from 'node:assert/strict';
import { createSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { givePassword, nobody, own, reached, toAccount, toLogin } from '../steps.mjs';

/** Serves one page of another origin while the work goes on. */
async function stranger(html, work) {
  const server = createServer((request, response) => {
    const isPage = request.url === '/';
    response.writeHead(isPage ? 200 : 204, { 'Content-Type': 'text/html; charset=utf-8' });
    response.end(isPage ? `<!DOCTYPE html><link rel="icon" href="data:,"><title>stranger</title>${html}` : '');
  }).listen(0, '127.0.0.1');
  await new Promise((ready) => { server.once('listening', ready); });
  try {
    return await work(`http://localhost:${server.address().port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const form = (action, fields) => `<form method="post" action="${action}">${Object.entries(fields)
  .map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`).join('')}<button>x</button></form>`;

/** Submits a stranger's form to us in the visitor's browser; the status we answer with. */
async function posts(one, action, fields) {
  return stranger(form(`${one.house.idp}${action}`, fields), async (origin) => {
    one.origins.add(origin);
    one.expected.add(403);
    await one.page.goto(origin);
    const answered = one.page.waitForResponse((answer) => answer.url() === `${one.house.idp}${action}`);
    await one.page.locator('button').click();
    return (await answered).status();
  });
}

const hidden = async (one, name, within) => one.page.locator(`${within} input[name="${name}"]`).first().inputValue();

/** Even with the token of the visitor's own page, which no stranger can read, a form from elsewhere counts for nothing. */
async function otherOriginsForm({ house, visit }) {
  const person = await house.person({ apps: 1 });
  const one = await visit();
  await toLogin(one);
  const at = one.page.url();
  const login = 'form[action="/login/password"]';
  const fields = { flow: await hidden(one, 'flow', login), csrf: await hidden(one, 'csrf', login) };
  assert.equal(await posts(one, '/login/password', { ...fields, user_name: person.username, password: person.password }), 403);
  await nobody(one);
  await one.page.goto(at);
  await reached(one, 'login');
  await givePassword(one, person);
  await reached(one, 'factor');
}

async function otherOriginsLogout({ house, visit }) {
  const one = await visit();
  await toAccount(one, await house.person({ apps: 1 }));
  const csrf = await hidden(one, 'csrf', 'form[action="/logout"]');
  await own(one, '/authenticators');
  const key = await one.page.locator('.authenticator a').first().getAttribute('href');
  const authenticator = new URLSearchParams(key.split('?')[1]).get('authenticator');
  for (const [action, fields] of [
    ['/logout', { csrf }], ['/logout', {}], ['/account/sessions/end', { csrf }], ['/account/totp', { csrf }],
    ['/account/remove', { csrf, authenticator }], ['/account/lock', { csrf }], ['/account/export', { csrf }], ['/lock', { csrf }], ['/language', { csrf, language: 'en', next: '/' }],
  ]) {
    assert.equal(await posts(one, action, fields), 403, action);
  }
  await one.page.goto(`${house.idp}/account`);
  await reached(one, 'account');
  await own(one, '/authenticators');
  assert.equal(await one.page.locator('.authenticator').count(), 1);
}

/** Scripts of other origins neither read our pages nor reach the JSON addresses, whatever they call their content. */
async function otherOriginsScript({ house, visit }) {
  const one = await visit();
  await toAccount(one, await house.person({ apps: 1 }));
  await stranger('<p>x</p>', async (origin) => {
    one.origins.add(origin);
    await one.page.goto(origin);
    const lines = house.log().length;
    const seen = await one.page.evaluate(async (idp) => {
      const blind = { mode: 'no-cors', credentials: 'include' };
      const post = await fetch(`${idp}/login/passkey/start`, { ...blind, method: 'POST', body: '{}', headers: { 'Content-Type': 'text/plain' } })
        .then((answer) => answer.type, (error) => error.name);
      const read = await fetch(`${idp}/account`, blind).then((answer) => answer.type, (error) => error.name);
      return [post, read];
    }, house.idp);
    assert.match(house.log().slice(lines), /csrf\.rejected" reason="origin"/);
    // Not even an opaque answer gets there.
    assert.deepEqual(seen, ['TypeError', 'TypeError']);
  });
  assert.equal(one.forgive(/ERR_BLOCKED_BY_RESPONSE\.NotSameOrigin/), 4);
}

async function framed({ house, visit }) {
  const one = await visit();
  await stranger(`<iframe src="${house.idp}/login"></iframe>`, async (origin) => {
    one.origins.add(origin);
    await one.page.goto(origin);
    const frame = one.page.frames()[1];
    await assert.rejects(frame.locator('#user_name').waitFor({ timeout: 1_500 }));
  });
  assert.ok(one.forgive(/frame-ancestors|X-Frame-Options|ERR_BLOCKED_BY_RESPONSE/) > 0, 'the browser refused to frame it');
}

async function otherNames({ house, visit }) {
  const one = await visit();
  const { port } = new URL(house.idp);
  one.origins.add(`http://127.0.0.1:${port}`);
  await one.page.goto(`http://127.0.0.1:${port}/help?x=1`);
  assert.equal(one.page.url(), `${house.idp}/help?x=1`);
  const posted = await fetch(`http://127.0.0.1:${port}/login/password`, { method: 'POST', body: 'x=1' });
  assert.equal(posted.status, 400);
}

// RelayState comes back to the service as it was, and does nothing on the way (security case A16).
const hostile = [
  'javascript:alert(1)', '"><script>alert(1)</script>', "' onfocus=alert(1) autofocus x='", 'https://evil.example/?a=1&b=2#c',
  'æøå 😀 &amp; &lt;', 'to\r\nlinjer: x', '</form><form action="https://evil.example">', '{{7*7}} ${7*7} %22%3E', 'x'.repeat(80),
];

/** A fresh request of the service by redirect, with another RelayState under its own signature. */
async function requestWith(one, relayState) {
  const sent = await one.context.request.get(`${one.house.sp}/login?passive=1`, { maxRedirects: 0 });
  const url = new URL(sent.headers().location);
  // Encoded as browsers leave it: the signature is over these very bytes.
  const part = (name, value) => `${name}=${encodeURIComponent(value).replaceAll("'", '%27')}`;
  const signed = [part('SAMLRequest', url.searchParams.get('SAMLRequest')), part('RelayState', relayState), part('SigAlg', url.searchParams.get('SigAlg'))].join('&');
  const key = readFileSync(join(one.house.folder, 'demo-sp', 'sp.key'));
  return `${url.origin}${url.pathname}?${signed}&${part('Signature', createSign('RSA-SHA256').update(signed).sign(key, 'base64'))}`;
}

async function relayStates({ visit }) {
  const one = await visit();
  for (const state of hostile) {
    const posted = one.page.waitForRequest((request) => request.url() === `${one.house.sp}/acs`);
    await one.page.goto(await requestWith(one, state), { waitUntil: 'commit' });
    assert.equal(new URLSearchParams((await posted).postData()).get('RelayState'), state);
    await one.page.waitForURL(`${one.house.sp}/`);
    // The service sent another one, and says so.
    assert.match(await one.page.locator('li.fail').innerText(), /RelayState/);
  }
}

async function relayStatesShown({ visit }) {
  const one = await visit({ script: false });
  for (const state of hostile) {
    await one.page.goto(await requestWith(one, state));
    assert.equal(await one.page.locator('form').count(), 1);
    assert.equal(await one.page.locator('script').count(), 1);
    assert.equal(await one.page.locator('form').getAttribute('action'), `${one.house.sp}/acs`);
    const lines = (text) => text.replace(/[\r\n]+/g, '\n');
    assert.equal(lines(await one.page.locator('input[name=RelayState]').getAttribute('value')), lines(state));
  }
  one.expected.add(400);
  for (const state of ['x'.repeat(1025), 'a\0b']) {
    await one.page.goto(await requestWith(one, state));
    assert.match(await one.page.locator('main').innerText(), /Vi kunne ikke læse anmodningen/);
    // Beside the switch to the other language.
    assert.equal(await one.page.locator('main form').count(), 0);
    assert.match(one.house.log(), /reason="relaystate"/);
  }
}

export const cases = {
  'a form on another origin logs nobody in': otherOriginsForm,
  'a form on another origin logs nobody out and changes nothing': otherOriginsLogout,
  'a script on another origin reads and reaches nothing': otherOriginsScript,
  'a page on another origin can\'t frame the login': framed,
  '127.0.0.1 leads to localhost, and takes no form': otherNames,
  'a hostile RelayState comes back unchanged and does nothing': relayStates,
  'a hostile RelayState is text on the page that sends it': relayStatesShown,
};
