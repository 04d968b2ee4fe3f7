// The registrant's road: who has no MitID shows a document at the desk and types the code that is handed over there, for the first
// time and when something is lost. In the town, so that terms are asked for here as well.

import assert from 'node:assert/strict';
import { acceptTerms, beginRecovery, choosePassword, codeIn, enrolPasskey, mail, press } from '../roads.mjs';
import { giveCode, logIn, logOut, nobody, reached, toLogin, verdict } from '../steps.mjs';

/** A registrant at their desk, by the way that Min identitet shows. */
async function atDesk({ town, visit }) {
  const registrant = await town.person({ apps: 1, name: ['Dagny', 'Skov'] });
  await town.command(['person', 'role', 'grant', registrant.username, 'registrant']);
  const desk = await visit({ house: town });
  await desk.page.goto(`${town.idp}/account`);
  await logIn(desk, registrant);
  await reached(desk, 'account');
  await desk.page.locator('main a[href="/desk"]').click();
  await reached(desk, 'desk');
  return desk;
}

/** At the desk, to one of the acts about a person. */
async function about(desk, person, act) {
  await desk.page.goto(`${desk.house.idp}/desk`);
  await desk.page.fill('#query', person.username);
  await press(desk, '/desk/find');
  await desk.page.locator('a[href^="/desk/person"]').click();
  await desk.page.locator(`a[href^="/desk/${act}?"]`).click();
}

/** What the registrant saw. */
async function seen(desk, act) {
  await desk.page.fill('#issuer', 'Danmark');
  await desk.page.fill('#expires', '2040-01-01');
  await desk.page.fill('#evidence', 'Pas nr. 204123456');
  await press(desk, `/desk/${act}`);
}

async function handedOver(desk) {
  return codeIn(await desk.page.locator('.secret').innerText());
}

/** Somebody who typed what stood in their letter. */
async function atProof({ town, visit }) {
  const person = await town.invited();
  const one = await visit({ house: town });
  await one.page.goto(`${town.idp}/activate`);
  await one.page.fill('#user_name', person.username);
  await one.page.fill('#code', person.code);
  await press(one, '/activate/open');
  await reached(one, 'prove');
  return { person, one };
}

async function firstDay(t) {
  const { town } = t;
  const desk = await atDesk(t);
  const { person, one } = await atProof(t);
  await about(desk, person, 'proofing');
  await seen(desk, 'proofing');
  await desk.page.locator('.alert-success').waitFor();
  await about(desk, person, 'activation');
  await seen(desk, 'activation');
  const code = await handedOver(desk);

  // What was handed to one is nothing in the hands of another.
  const other = await atProof(t);
  other.one.expected.add(401);
  await giveCode(other.one, code);
  await other.one.page.locator('#error').waitFor();
  await nobody(other.one);
  assert.deepEqual((await town.command(['person', 'show', other.person.username])).authenticators, []);

  await giveCode(one, code);
  await acceptTerms(one);
  await choosePassword(one, person);
  await nobody(one);
  await one.context.addInitScript(() => { delete PublicKeyCredential.isConditionalMediationAvailable; });
  await one.authenticator();
  await enrolPasskey(one);
  await logOut(one);
  await toLogin(one);
  await one.page.locator('[data-go]').click();
  assert.equal((await verdict(one)).assertion.level, 'Substantial');
}

/** The phone is gone and there is no MitID: a code from the desk, a new password and a passkey; the owner is told by mail. */
async function lostFactor(t) {
  const { town, visit } = t;
  const desk = await atDesk(t);
  const person = await town.person({ apps: 1 });
  const one = await visit({ house: town });
  await one.page.goto(`${town.idp}/recover`);
  await beginRecovery(one, person, 'factor');
  await about(desk, person, 'recovery');
  await desk.page.check('#why-factor');
  await seen(desk, 'recovery');
  await giveCode(one, await handedOver(desk));
  await acceptTerms(one);
  await choosePassword(one, person);
  await one.authenticator();
  await enrolPasskey(one);
  const { authenticators } = await town.command(['person', 'show', person.username]);
  assert.deepEqual(authenticators.map(({ kind }) => kind), ['webauthn']);
  await one.page.goto(`${town.sp}/login`);
  assert.equal((await verdict(one)).assertion.level, 'Substantial');
  await mail(one, person, 'En måde at logge ind på er fjernet');
}

export const cases = {
  'activated by a code from the desk, and by nobody else': firstDay,
  'a lost factor is replaced by a code from the desk': lostFactor,
};
