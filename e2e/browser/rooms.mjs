// A walk through every page and every state of it. The tests and the screenshots take the same walk: at each place
// `at(visit, group, name)` is told where it is, and may look as long as it likes.

import { randomUUID } from 'node:crypto';
import { activation, desk, recovery } from './arrivals.mjs';
import { codeOf } from './house.mjs';
import { addPasskey, giveCode, givePassword, logIn, logOut, own, reached, toAccount, toLogin, told, verdict, withoutTheirScript } from './steps.mjs';

/** One language's walk. `open` makes a visitor. */
export async function walk({ house, open, at }) {
  for (const part of [public_, problems, unavailable, login, factors, stepUp, firstLogin, account, selfLock, keys, service, activation, recovery, desk]) await part({ house, open, at });
}

async function public_({ house, open, at }) {
  const one = await open();
  for (const [path, name] of [['/', 'front'], ['/help', 'help'], ['/accessibility', 'accessibility statement'], ['/logged-out', 'logged out']]) {
    await one.page.goto(house.idp + path);
    await at(one, 'open to all', name);
  }
  await one.page.keyboard.press('Tab');
  await at(one, 'open to all', 'skip link');
}

async function problems({ house, open, at }) {
  const one = await open();
  for (const status of [400, 403, 404, 405, 413]) one.expected.add(status);
  for (const [path, name] of [
    ['/findes-ikke', 'not found'], ['/login/password', 'wrong method'], ['/saml/sso?SAMLRequest=x', 'bad request'],
    [`/login?flow=${randomUUID()}`, 'login is gone'],
  ]) {
    await one.page.goto(house.idp + path);
    await at(one, 'problems', name);
  }
  await one.page.goto(`${house.idp}/saml/sso?SAMLRequest=x`);
  await one.page.locator('summary').click();
  await at(one, 'problems', 'bad request, opened');
  for (const [name, field, value] of [['forbidden', 'csrf', 'x'], ['too large', 'user_name', 'x'.repeat(30_000)]]) {
    await one.page.goto(`${house.idp}/login`);
    await one.page.locator('#user_name').waitFor();
    await one.page.evaluate(([name_, text]) => {
      const form = document.querySelector('form[action="/login/password"]');
      for (const each of form.querySelectorAll('input')) each.removeAttribute('maxlength');
      form.elements.user_name.value = 'x';
      form.elements.password.value = 'x';
      form.elements[name_].value = text;
      form.submit();
    }, [field, value]);
    await one.page.locator('.incident').waitFor();
    await at(one, 'problems', name);
  }
}

/** Something we need does not answer: another program holds the database. A login page alone needs none of it, a password does. */
async function unavailable({ house, open, at }) {
  const person = await house.person();
  const one = await open();
  one.expected.add(503);
  await one.page.goto(`${house.idp}/login`);
  const release = await house.holdDatabase();
  try {
    await givePassword(one, person);
    await one.page.locator('.incident').waitFor();
  } finally {
    await release();
  }
  await at(one, 'problems', 'unavailable');
}

/** The second factor of a live session is too old for changing what one logs in with; and guessed too often. */
async function stepUp({ house, open, at }) {
  const person = await house.person({ apps: 2 });
  const one = await open();
  await toAccount(one, person);
  await house.age(person, 3600);
  await one.page.goto(`${house.idp}/account/passkey`);
  await reached(one, 'factor');
  await at(one, 'second factor', 'again, for a change');
  one.expected.add(401);
  one.expected.add(429);
  for (let failures = 0; failures < 6; failures += 1) {
    await Promise.all([one.page.waitForResponse('**/login/totp'), giveCode(one, '000000')]);
    await one.page.locator('#error').waitFor();
  }
  await at(one, 'second factor', 'too many tries');
}

async function login({ house, open, at }) {
  const person = await house.person({ apps: 1 });
  const one = await open();
  await one.context.addInitScript(() => { delete PublicKeyCredential.isConditionalMediationAvailable; });
  await one.authenticator({ isUserVerified: false });
  await one.page.goto(`${house.idp}/login`);
  await at(one, 'login', 'to Min identitet');
  await toLogin(one);
  await at(one, 'login', 'to a service');
  await one.page.locator('[data-go]').click();
  await told(one);
  await at(one, 'login', 'passkey failed');
  one.expected.add(401);
  one.expected.add(429);
  for (let failures = 0; failures < 5; failures += 1) {
    await one.page.fill('#user_name', person.username);
    await one.page.fill('#password', 'forkert');
    await Promise.all([one.page.waitForResponse('**/login/password'), one.page.keyboard.press('Enter')]);
    await one.page.locator('#error').waitFor();
    if (failures === 0) await at(one, 'login', 'wrong password');
  }
  await givePassword(one, person);
  await one.page.waitForLoadState();
  await at(one, 'login', 'too many tries');

  const two = await open();
  await withoutTheirScript(two, 'webauthn');
  await toLogin(two);
  await at(two, 'login', 'without script');
}

async function factors({ house, open, at }) {
  const person = await house.person({ apps: 1 });
  const one = await open();
  await toLogin(one);
  await givePassword(one, person);
  await reached(one, 'factor');
  await at(one, 'second factor', 'app');
  one.expected.add(401);
  await giveCode(one, '000000');
  await one.page.locator('#error').waitFor();
  await at(one, 'second factor', 'wrong code');
  await withoutTheirScript(one, 'post');
  await giveCode(one, person.code());
  await one.page.locator('form[data-post]').waitFor();
  // The button shows itself only to those who have waited; here they have.
  await one.page.evaluate(() => document.getAnimations().forEach((one) => one.finish()));
  await at(one, 'on to the service', 'sending');
}

async function firstLogin({ house, open, at }) {
  const person = await house.person();
  const one = await open();
  await toLogin(one);
  await givePassword(one, person);
  await reached(one, 'activation');
  await at(one, 'first login', 'activation code');
  one.expected.add(401);
  await giveCode(one, 'FORKERT');
  await one.page.locator('#error').waitFor();
  await at(one, 'first login', 'wrong activation code');
  await giveCode(one, person.activation);
  await reached(one, 'choose');
  await at(one, 'first login', 'choice');
  const passkey = await one.page.locator('main a[href^="/login/enrol/passkey"]').getAttribute('href');
  await one.page.goto(house.idp + passkey);
  await at(one, 'first login', 'passkey');
  await one.authenticator({ isUserVerified: false });
  await one.page.locator('[data-go]').click();
  await told(one);
  await at(one, 'first login', 'no passkey made');
  await withoutTheirScript(one, 'webauthn');
  await one.page.reload();
  await at(one, 'first login', 'passkey without script');
  await one.page.locator('[data-without-webauthn] a').click();
  await one.page.locator('form[action="/login/enrol/totp"] button').click();
  await one.page.locator('.qr').waitFor();
  await at(one, 'first login', 'app');
  await giveCode(one, '000000');
  await one.page.locator('#error').waitFor();
  await at(one, 'first login', 'app, wrong code');
  await giveCode(one, codeOf(await one.page.locator('.secret code').innerText()));
  await verdict(one);
}

async function account({ house, open, at }) {
  const person = await house.person({ apps: 2 });
  const one = await open();
  await one.authenticator();
  await toAccount(one, person);
  await at(one, 'Min identitet', 'overview');
  await one.page.locator('.account-menu-folded').evaluate((menu) => { menu.open = true; });
  await at(one, 'Min identitet', 'menu unfolded');
  for (const [place, name] of [['/level', 'why this level'], ['/password', 'password'], ['/details', 'details'], ['/export', 'export'], ['/lock', 'lock?']]) {
    await own(one, place);
    await at(one, 'Min identitet', name);
  }
  one.expected.add(401);
  one.expected.add(422);
  await own(one, '/password');
  await change(one, 'not it, not at all', 'nine purple staplers');
  await at(one, 'Min identitet', 'old password wrong');
  await own(one, '/password');
  await change(one, person.password, 'password1234');
  await at(one, 'Min identitet', 'new password weak');
  await one.page.goto(`${house.idp}/account/passkey`);
  await at(one, 'Min identitet', 'add a passkey');
  await addPasskey(one, 'Arbejdstelefon');
  await at(one, 'Min identitet', 'added');
  await one.page.goto(`${house.idp}/account/passkey`);
  await one.page.locator('[data-go]').click();
  await told(one);
  await at(one, 'Min identitet', 'has that passkey');

  const two = await open();
  await toAccount(two, person);
  await own(two, '/sessions');
  await at(two, 'Min identitet', 'logged in elsewhere');
  await two.page.locator('form:has([value=others]) button').click();
  await two.page.waitForURL('**/account/sessions?done=ended-elsewhere');
  await at(two, 'Min identitet', 'logged out elsewhere');
  await own(two, '/authenticators');
  await two.page.locator('.authenticator a[href*="rename"]').first().click();
  await at(two, 'Min identitet', 'rename');
  await own(two, '/authenticators');
  await two.page.locator('.authenticator a[href*="remove"]').first().click();
  await at(two, 'Min identitet', 'remove?');
  await two.page.locator('form[action="/account/remove"] button').click();
  await two.page.waitForURL('**/account/authenticators?done=removed');
  await at(two, 'Min identitet', 'removed');
  await own(two, '/activity');
  await at(two, 'Min identitet', 'activity');
  await two.page.locator('a[href*="/report"]').first().click();
  await at(two, 'Min identitet', 'was it not you?');
  await two.page.goto(`${house.idp}/logout`);
  await at(two, 'Min identitet', 'log out?');

  const low = await open();
  await toAccount(low, await house.person({ apps: 1, level: 'low', name: ['Maximiliane-Alexandrine', 'Bartholomæussen-Østergård af Frijsenborg'] }));
  await at(low, 'Min identitet', 'long name, low level');
  await own(low, '/level');
  await at(low, 'Min identitet', 'why low');
  await own(low, '/authenticators');
  await low.page.locator('.authenticator a[href*="remove"]').first().click();
  await at(low, 'Min identitet', 'remove the last?');
  const none = await open();
  await toAccount(none, await house.person({ apps: 1, level: null }));
  await at(none, 'Min identitet', 'no proofing');
  await own(none, '/level');
  await at(none, 'Min identitet', 'why none');
}

async function change(one, old, fresh) {
  await one.page.fill('#old', old);
  await one.page.fill('#new', fresh);
  await one.page.fill('#again', fresh);
  await one.page.locator('form[action="/account/password"] button').click();
  await one.page.locator('#error, #new-error').waitFor();
}

/** Locked by "this wasn't me", and from the login page. */
async function selfLock({ house, open, at }) {
  const [robbed, lost] = [await house.person({ apps: 1 }), await house.person({ apps: 1 })];
  const one = await open();
  await toAccount(one, robbed);
  await own(one, '/activity');
  await one.page.locator('a[href*="/report"]').first().click();
  await one.page.locator('form[action="/account/activity/report"] button').click();
  await reached(one, 'locked');
  await at(one, 'self-lock', 'locked for misuse');
  const two = await open();
  two.expected.add(401);
  await two.page.goto(`${house.idp}/lock`);
  await at(two, 'self-lock', 'from the login page');
  await two.page.fill('#user_name', lost.username);
  await two.page.fill('#password', 'not it, not at all');
  await two.page.locator('form[action="/lock"] button').click();
  await two.page.locator('#error').waitFor();
  await at(two, 'self-lock', 'wrong password');
  await two.page.fill('#password', lost.password);
  await two.page.locator('form[action="/lock"] button').click();
  await reached(two, 'locked');
  await at(two, 'self-lock', 'locked');
}

/** A person with app and passkey, then with a passkey alone, at the second factor. */
async function keys({ house, open, at }) {
  const person = await house.person({ apps: 1 });
  const one = await open();
  await one.context.addInitScript(() => { delete PublicKeyCredential.isConditionalMediationAvailable; });
  const key = await one.authenticator();
  await toAccount(one, person);
  await addPasskey(one, 'Sikkerhedsnøgle');
  await logOut(one);
  await toLogin(one);
  await givePassword(one, person);
  await reached(one, 'factor');
  await at(one, 'second factor', 'app or passkey');
  await key.verifies(false);
  await one.page.locator('[data-go]').click();
  await told(one);
  await at(one, 'second factor', 'passkey failed');
  await key.verifies(true);
  await one.page.locator('[data-go]').click();
  await verdict(one);
  await own(one, '/authenticators');
  await one.page.locator('.authenticator').filter({ has: one.page.locator('h2', { hasNotText: 'Sikkerhedsnøgle' }) }).locator('a[href*="remove"]').click();
  await one.page.locator('form[action="/account/remove"] button').click();
  await one.page.waitForURL('**/account/authenticators?done=removed');
  await withoutTheirScript(one, 'logout');
  await one.page.goto(`${house.idp}/account`);
  await one.page.locator('header form[action="/logout"] button').click();
  await one.page.locator('[data-skip]').waitFor();
  await at(one, 'open to all', 'on to a service that is to be told');
  await one.page.locator('[data-skip]').click();
  await reached(one, 'loggedOut');
  await at(one, 'open to all', 'logged out, services may remain');
  await toLogin(one);
  await givePassword(one, person);
  await reached(one, 'factor');
  await at(one, 'second factor', 'passkey');
  await withoutTheirScript(one, 'webauthn');
  await one.page.reload();
  await at(one, 'second factor', 'passkey without script');
}

async function service({ house, open, at }) {
  const one = await open();
  await one.page.goto(house.sp);
  await one.page.locator('details summary').first().click();
  await at(one, 'demo service', 'start');
  await one.page.goto(`${house.sp}/login?passive=1`);
  await verdict(one, 'declined');
  await at(one, 'demo service', 'NoPassive');
  await toLogin(one);
  await logIn(one, await house.person({ apps: 1 }));
  await verdict(one);
  await at(one, 'demo service', 'accepted');
  await one.page.goto(`${house.sp}/login?level=High`);
  await verdict(one, 'declined');
  await at(one, 'demo service', 'NoAuthnContext');
  await one.page.goto(`${house.sp}/login`);
  await verdict(one);
  await one.page.locator('form[action="/logout"] button').click();
  await one.page.locator('.alert.info').waitFor();
  await at(one, 'demo service', 'logged out');

  const tampered = (change) => async (route) => {
    const fields = new URLSearchParams(route.request().postData());
    fields.set('SAMLResponse', change(fields.get('SAMLResponse')));
    await route.continue({ postData: fields.toString() });
  };
  const destination = (message) => Buffer.from(Buffer.from(message, 'base64').toString().replace(/Destination="[^"]*"/, 'Destination="https://evil.example/"')).toString('base64');
  await one.page.route('**/acs', tampered(destination));
  await one.page.goto(`${house.sp}/login?passive=1`);
  await one.page.locator('.alert.error').waitFor();
  await at(one, 'demo service', 'refused');
  await one.page.unroute('**/acs');
  one.expected.add(400);
  await one.page.route('**/acs', tampered(() => '%%%'));
  await one.page.goto(`${house.sp}/login?passive=1`);
  await one.page.locator('.alert.error').waitFor();
  await at(one, 'demo service', 'problem');
  await one.page.unroute('**/acs');
  await one.page.route('**/static/post.js', (route) => route.fulfill({ body: '', contentType: 'text/javascript' }));
  await one.page.goto(`${house.sp}/login?binding=post`);
  await at(one, 'demo service', 'sending');
}
