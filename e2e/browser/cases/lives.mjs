// The life of an identity, the whole road: from the invitation in a mail to a service, locked and opened again, lost and found.
// In the town, where NemLog-in, a MitID broker and everybody's mail are simulated.

import assert from 'node:assert/strict';
import { madeUpNumber } from '../house.mjs';
import { acceptTerms, beginRecovery, byMitid, choosePassword, enrolPasskey, mail, namesake, openInvitation, press } from '../roads.mjs';
import { giveCode, givePassword, logIn, logOut, nobody, own, reached, toLogin, verdict } from '../steps.mjs';

/** What the trail says of a person, newest first: the kinds that begin with `kind`. */
async function trail(house, person, kind) {
  const events = await house.command(['audit', 'list', '--person', person.username, '--kind', kind]);
  return events.map((event) => event.kind);
}

/** The first login of somebody whose organisation asks for terms, at the service. */
async function logInAtService(visit, person) {
  await toLogin(visit);
  await logIn(visit, person);
  await acceptTerms(visit);
  return verdict(visit);
}

async function firstDay({ town, visit }, { language, road }) {
  const person = await town.newcomer();
  const one = await visit({ language, house: town });
  await openInvitation(one, person);
  await byMitid(one, road, person);
  await acceptTerms(one);
  await choosePassword(one, person);
  await nobody(one);
  const key = await one.authenticator();
  await one.context.addInitScript(() => { delete PublicKeyCredential.isConditionalMediationAvailable; });
  await enrolPasskey(one);
  assert.equal((await key.credentials()).length, 1);
  const record = await town.command(['person', 'show', person.username]);
  assert.deepEqual(record.proofings.map(({ method, level }) => [method, level]), [['mitid', 'substantial']]);

  // At once, since one is logged in; and anew, with what was just set up.
  await one.page.goto(`${town.sp}/login`);
  assert.equal((await verdict(one)).assertion.level, 'Substantial');
  await logOut(one);
  await toLogin(one);
  await givePassword(one, person);
  await reached(one, 'factor');
  await one.page.locator('[data-go]').click();
  assert.equal((await verdict(one)).assertion.level, 'Substantial');
  const shown = await one.page.locator('main').innerText();
  assert.match(shown, /Substantial/, 'the service shows the level');
  await mail(one, person, 'Din adgang er taget i brug');
}

/** Somebody else's MitID, by either road, activates nothing and is written down; the right one still works afterwards. */
async function wrongPerson({ town, visit }) {
  const person = await town.newcomer();
  const one = await visit({ house: town });
  await openInvitation(one, person);
  for (const road of ['nemlogin', 'broker']) {
    await byMitid(one, road, namesake(person, madeUpNumber()));
    await reached(one, 'mitid');
    assert.match(await one.page.locator('#error').innerText(), /hører ikke til den person/);
    await nobody(one);
  }
  const record = await town.command(['person', 'show', person.username]);
  assert.deepEqual([record.proofings, record.authenticators], [[], []]);
  assert.deepEqual(await trail(town, person, 'identification'), ['identification.refused', 'identification.refused']);
  assert.deepEqual(await trail(town, person, 'identity.activated'), []);
  // Neither does the right one at too low a level.
  await byMitid(one, 'broker', person, 'low');
  await reached(one, 'mitid');
  await nobody(one);
  await byMitid(one, 'nemlogin', person, 'high');
  await reached(one, 'terms');
  assert.equal((await trail(town, person, 'identification'))[0], 'identification.succeeded');
}

/** Locked from the login page with nothing but the password; opened by MitID, by nobody else's. */
async function selfLock({ town, visit }) {
  const person = await town.person({ apps: 2 });
  const one = await visit({ house: town });
  assert.equal((await logInAtService(one, person)).assertion.level, 'Substantial');
  const two = await visit({ house: town });
  await two.page.goto(`${town.idp}/login`);
  await two.page.locator('a[href="/lock"]').click();
  await two.page.fill('#user_name', person.username);
  await two.page.fill('#password', person.password);
  await press(two, '/lock');
  await reached(two, 'locked');
  await one.page.goto(`${town.idp}/account`);
  await reached(one, 'login');
  one.expected.add(401);
  await givePassword(one, person);
  await one.page.locator('#error').waitFor();
  await mail(one, person, 'Din adgang er spærret');

  await two.page.locator('main a[href="/recover"]').click();
  await reached(two, 'recover');
  await beginRecovery(two, person, 'unlock');
  await byMitid(two, 'nemlogin', namesake(person, madeUpNumber()));
  await reached(two, 'mitid');
  await two.page.locator('#error').waitFor();
  assert.deepEqual(await trail(town, person, 'person.unlocked'), []);
  await byMitid(two, 'nemlogin', person);
  await reached(two, 'unlocked');
  await nobody(two);
  await toLogin(two);
  await logIn(two, person);
  assert.equal((await verdict(two)).assertion.level, 'Substantial');
}

/** "This wasn't me" about a login elsewhere: out everywhere, locked for all, and no way back by oneself. */
async function notMe({ town, visit }) {
  const person = await town.person({ apps: 2 });
  const [owner, thief] = [await visit({ house: town }), await visit({ house: town })];
  await logInAtService(owner, person);
  await toLogin(thief);
  await logIn(thief, person);
  await verdict(thief);
  await own(owner, '/activity');
  const login = owner.page.locator('.deeds > li').filter({ has: owner.page.locator('h2', { hasText: /^Logget ind$/ }) }).first();
  await login.locator('a[href*="/report"]').click();
  await press(owner, '/account/activity/report');
  await reached(owner, 'locked');
  for (const one of [owner, thief]) {
    await one.page.goto(`${town.idp}/account`);
    await reached(one, 'login');
  }
  thief.expected.add(401);
  await givePassword(thief, person);
  await thief.page.locator('#error').waitFor();
  assert.deepEqual(await trail(town, person, 'misuse'), ['misuse.reported']);
  await owner.page.goto(`${town.idp}/recover`);
  await beginRecovery(owner, person, 'unlock');
  await byMitid(owner, 'broker', person);
  await reached(owner, 'mitid');
  assert.match(await owner.page.locator('#error').innerText(), /^Det er dig, men/);
  assert.deepEqual(await trail(town, person, 'person.unlocked'), []);
}

/** Logged in somewhere else, with the terms accepted. */
async function elsewhere({ town, visit }, person) {
  const one = await visit({ house: town });
  await logInAtService(one, person);
  return one;
}

/** Nothing of a login is left in that browser. */
async function isOut(one) {
  await one.page.goto(`${one.house.idp}/account`);
  await reached(one, 'login');
}

/** A forgotten password: MitID, a new one, and the second factor as ever. Somebody else's MitID leaves all as it was. */
async function forgottenPassword(t) {
  const { town, visit } = t;
  const person = await town.person({ apps: 3 });
  const out = await elsewhere(t, person);
  const one = await visit({ house: town });
  await one.page.goto(`${town.idp}/login`);
  await one.page.locator('main a[href="/recover"]').click();
  await beginRecovery(one, person, 'password');
  await byMitid(one, 'broker', namesake(person, madeUpNumber()));
  await reached(one, 'mitid');
  await own(out, '/sessions');
  const old = person.password;
  await byMitid(one, 'broker', person);
  await choosePassword(one, person);
  await reached(one, 'factor');
  await nobody(one);
  await isOut(out);
  out.expected.add(401);
  await givePassword(out, person, old);
  await out.page.locator('#error').waitFor();
  await giveCode(one, person.code());
  await reached(one, 'account');
  await one.page.goto(`${town.sp}/login`);
  assert.equal((await verdict(one)).assertion.level, 'Substantial');
  await mail(one, person, 'Din adgangskode er ændret');
}

/** A lost phone: MitID, a new password, a passkey in its place; what was lost logs nobody in any more. */
async function lostFactor(t) {
  const { town, visit } = t;
  const person = await town.person({ apps: 2 });
  const out = await elsewhere(t, person);
  const one = await visit({ house: town });
  await one.page.goto(`${town.idp}/recover`);
  await beginRecovery(one, person, 'factor');
  await byMitid(one, 'nemlogin', namesake(person, madeUpNumber()));
  await reached(one, 'mitid');
  assert.equal((await town.command(['person', 'show', person.username])).authenticators.length, 2);
  await byMitid(one, 'nemlogin', person);
  await choosePassword(one, person);
  await isOut(out);
  await one.authenticator();
  await enrolPasskey(one);
  const { authenticators } = await town.command(['person', 'show', person.username]);
  assert.deepEqual(authenticators.map(({ kind }) => kind), ['webauthn']);
  await one.page.goto(`${town.sp}/login`);
  assert.equal((await verdict(one)).assertion.level, 'Substantial');
  await mail(one, person, 'En måde at logge ind på er fjernet');
}

export const cases = {
  'invited by mail, MitID by NemLog-in, terms, password, passkey, and at the service at Substantial': (t) => firstDay(t, { language: 'da', road: 'nemlogin' }),
  'the same by the MitID broker, in English': (t) => firstDay(t, { language: 'en', road: 'broker' }),
  "somebody else's MitID activates nothing": wrongPerson,
  'locked from the login page without a second factor, and opened with MitID': selfLock,
  'a forgotten password is replaced with MitID, the second factor stays': forgottenPassword,
  'a lost factor is replaced with MitID and ends': lostFactor,
  '"this wasn\'t me" ends every session and locks until somebody else has looked': notMe,
};
