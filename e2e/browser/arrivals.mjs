// Those who cannot log in yet, or no longer, and the registrant who helps them: every page of activation, recovery and desk.

import { randomUUID } from 'node:crypto';
import { logIn } from './steps.mjs';

/** An invitation opened and proved at the desk, terms, password, up to the choice of a factor. */
export async function activation({ house, open, at }) {
  const one = await open();
  const { username, code } = await house.invited();
  await one.page.goto(`${house.idp}/activate`);
  await at(one, 'activation', 'invitation');
  one.expected.add(401);
  one.expected.add(422);
  await one.page.fill('#user_name', username);
  await one.page.fill('#code', 'FORKERT');
  await send(one, '/activate/open');
  await one.page.locator('#error').waitFor();
  await at(one, 'activation', 'wrong invitation');
  await one.page.fill('#code', code);
  await send(one, '/activate/open');
  await one.page.locator('form[action="/activate/code"]').waitFor();
  await at(one, 'activation', 'show who you are');
  await one.page.fill('#code', 'FORKERT');
  await send(one, '/activate/code');
  await one.page.locator('#error').waitFor();
  await at(one, 'activation', 'wrong code from the desk');
  const handed = await house.command(['person', 'activation-code', username]);
  await one.page.fill('#code', handed.activation_code);
  await send(one, '/activate/code');
  await one.page.locator('#again').waitFor();
  await at(one, 'activation', 'new password');
  await one.page.fill('#password', 'kort');
  await one.page.fill('#again', 'kort');
  await send(one, '/activate/password');
  await one.page.locator('#error').waitFor();
  await at(one, 'activation', 'password too short');
}

/** What is lost, and the way to prove who it is. */
export async function recovery({ house, open, at }) {
  const one = await open();
  await one.page.goto(`${house.idp}/recover`);
  await one.page.locator('#user_name').waitFor();
  await at(one, 'recovery', 'what is wrong');
  await one.page.fill('#user_name', `nobody${randomUUID().slice(0, 8)}`);
  await send(one, '/recover');
  await one.page.locator('form[action="/activate/code"]').waitFor();
  await at(one, 'recovery', 'show who you are');
}

/** The registrant: finds, proves, takes over, hands over, approves, releases. */
export async function desk({ house, open, at }) {
  const registrant = await house.person({ apps: 1 });
  await house.command(['person', 'role', 'grant', registrant.username, 'registrant']);
  const colleague = await house.person({ apps: 1 });
  await house.command(['person', 'role', 'grant', colleague.username, 'supporter']);
  const { username } = await house.invited();
  const one = await open();
  await one.page.goto(`${house.idp}/account`);
  await logIn(one, registrant);
  await one.page.waitForURL('**/account');
  await at(one, 'desk', 'the way in, at Min identitet');
  await one.page.goto(`${house.idp}/desk`);
  await at(one, 'desk', 'front');
  await find(one, username);
  await at(one, 'desk', 'found');
  await one.page.locator('a[href^="/desk/person"]').click();
  await one.page.locator('a[href^="/desk/proofing"]').waitFor();
  await at(one, 'desk', 'a person');
  await one.page.locator('a[href^="/desk/proofing"]').click();
  await one.page.locator('#issuer').waitFor();
  await at(one, 'desk', 'proof in person');
  one.expected.add(422);
  await seen(one, '2020-01-01');
  await send(one, '/desk/proofing');
  await one.page.locator('#error').waitFor();
  await at(one, 'desk', 'document expired');
  await one.page.fill('#expires', '2035-01-01');
  await one.page.selectOption('#level', 'high');
  await send(one, '/desk/proofing');
  await one.page.locator('.alert-info').waitFor();
  await at(one, 'desk', 'recorded, waits');
  await one.page.locator('a[href^="/desk/earlier"]').click();
  await one.page.locator('#proved_by').waitFor();
  await at(one, 'desk', 'earlier check');
  await one.page.goBack();
  await one.page.locator('a[href^="/desk/activation"]').click();
  await seen(one, '2035-01-01');
  await at(one, 'desk', 'code for the first login');
  await send(one, '/desk/activation');
  await one.page.locator('.secret').waitFor();
  await at(one, 'desk', 'code handed over');
  await one.page.goto(`${house.idp}/desk`);
  await find(one, colleague.username);
  await one.page.locator('a[href^="/desk/person"]').click();
  await one.page.locator('a[href^="/desk/recovery"]').click();
  await one.page.check('#why-factor');
  await seen(one, '2035-01-01');
  await at(one, 'desk', 'code to get the access back');
  await send(one, '/desk/recovery');
  await one.page.locator('.secret').waitFor();
  await at(one, 'desk', 'code for somebody with a role');
  await one.page.goto(`${house.idp}/desk`);
  await at(one, 'desk', 'one waits');
  one.expected.add(403);
  // The newest is one's own; what others proved may wait before it.
  await one.page.locator('form[action="/desk/approve"] button').last().click();
  await one.page.locator('.incident').waitFor();
  await at(one, 'desk', 'not by oneself');
}

async function find(one, username) {
  await one.page.fill('#query', username);
  await send(one, '/desk/find');
  await one.page.locator('a[href^="/desk/person"]').waitFor();
}

async function seen(one, expires) {
  await one.page.fill('#issuer', 'Danmark');
  await one.page.fill('#evidence', 'Pas nr. 204123456');
  await one.page.fill('#expires', expires);
}

function send(one, action) {
  return one.page.locator(`form[action="${action}"] button[type=submit]`).first().click();
}
