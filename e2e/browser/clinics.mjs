// From a login to a national health service, all of it simulated but the login: the clinical system with its token, the ID card
// it becomes at the STS, and the service that takes it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Person } from './house.mjs';
import { acceptTerms } from './roads.mjs';
import { logIn } from './steps.mjs';

/** Somebody of the demonstration whom the simulated STS knows. */
function known(town, username, password) {
  const secret = readFileSync(join(town.folder, 'totp', username), 'utf8').trim();
  return new Person({ username, password, secrets: [secret] });
}

/** From the clinical system through Portvagt and back. */
async function logInAtClinic(one, person) {
  await one.page.goto(`${one.house.world}/clinic`);
  await one.page.locator('a.button').click();
  await logIn(one, person);
  await acceptTerms(one);
  await one.page.waitForURL(`${one.house.world}/clinic/visit?**`);
}

async function exchange(one, authorisation = '') {
  await one.page.fill('#authorisation', authorisation);
  await one.page.locator('form[action="/clinic/exchange"] button').click();
  await one.page.locator('#outcome').waitFor();
  return one.page.locator('#outcome').innerText();
}

/** Each language by a person of its own: a code is good once. */
export async function clinic({ town, open, at }) {
  const one = await open();
  await one.page.goto(`${town.world}/clinic`);
  await at(one, 'clinic', 'start');
  if (one.language === 'da') {
    await logInAtClinic(one, known(town, 'anna', 'six blue bicycles'));
    await at(one, 'clinic', 'logged in, with a token');
    assert.match(await exchange(one), /SIM01[^]*Simulatin/);
    await at(one, 'clinic', 'ID card, and the service answered');
  } else {
    await logInAtClinic(one, known(town, 'dorte', 'four old staircases'));
    assert.match(await exchange(one), /wst:FailedAuthentication: multiple authorizations found \(\[\{SIM02, 5166\}, \{SIM03, 5175\}\]\)/);
    await at(one, 'clinic', 'the STS says no');
    assert.match(await exchange(one, 'SIM03'), /SIM03[^]*Simulatin/);
    await at(one, 'clinic', 'ID card by a chosen authorisation');
  }
  // Whom MitID Erhverv does not know comes without a token.
  const other = await open();
  await logInAtClinic(other, await town.person({ apps: 1 }));
  assert.equal(await other.page.locator('#authorisation').count(), 0);
  await at(other, 'clinic', 'logged in, without a token');
}
