// What visitors do: begin at the service, log in, set up what they log in with. Each step waits for the page it leads to.

import assert from 'node:assert/strict';

/** The texts the tests look for, in both languages. */
export const words = {
  da: {
    login: 'Log ind', factor: 'Bekræft, at det er dig', activation: 'Tag din adgang i brug', choose: 'Vælg, hvordan du vil logge ind',
    account: 'Min identitet', authenticators: 'Sådan logger du ind', sessions: 'Her er du logget ind', locked: 'Din identitet er spærret', loggedOut: 'Du er logget ud', desk: 'Registrering', prove: 'Vis, hvem du er', mitid: 'Bevis med MitID, hvem du er', terms: 'Vilkår', newPassword: 'Vælg en adgangskode', recover: 'Få din adgang tilbage', unlocked: 'Din adgang er åben igen', other: 'English', refused: 'Du kunne ikke logge ind.',
    passkeyFailed: 'Det lykkedes ikke at bruge din passkey', enrolFailed: 'Der blev ikke oprettet en passkey',
  },
  en: {
    login: 'Log in', factor: 'Confirm that it is you', activation: 'Activate your account', choose: 'Choose how you want to log in',
    account: 'My identity', authenticators: 'How you log in', sessions: 'Where you are logged in', locked: 'Your identity is locked', loggedOut: 'You are logged out', desk: 'Registration', prove: 'Show who you are', mitid: 'Prove who you are with MitID', terms: 'Terms', newPassword: 'Choose a password', recover: 'Get back into your account', unlocked: 'Your account is open again', other: 'Dansk', refused: 'You could not be logged in.',
    passkeyFailed: 'Your passkey or security key could not be used', enrolFailed: 'No passkey was created',
  },
};

/** The heading of the page, once it is that of `key`. */
export async function reached(visit, key, language = visit.language) {
  const heading = visit.page.getByRole('heading', { level: 1, name: words[language][key], exact: true });
  await heading.waitFor();
  assert.equal(await visit.page.locator('html').getAttribute('lang'), language);
}

/** From the service to the login page. `how` is what the service asks for, as in the demo provider's address. */
export async function toLogin(visit, how = '') {
  await visit.page.goto(`${visit.house.sp}/login${how}`);
  await reached(visit, 'login');
}

export async function givePassword(visit, person, password = person.password) {
  await visit.page.fill('#user_name', person.username);
  await visit.page.fill('#password', password);
  await visit.page.locator('form[action="/login/password"] button').click();
}

export async function giveCode(visit, code) {
  await visit.page.fill('#code', code);
  await visit.page.locator('form:has(#code) button[type=submit]').click();
}

/** Password and code, from wherever the login page is shown. */
export async function logIn(visit, person) {
  await givePassword(visit, person);
  await reached(visit, 'factor');
  await giveCode(visit, person.code());
}

/** A fresh login that ends at the person's own page. */
export async function toAccount(visit, person) {
  await visit.page.goto(`${visit.house.idp}/account`);
  await logIn(visit, person);
  await reached(visit, 'account');
}

/** One of the person's own pages, by its address behind `/account`. */
export async function own(visit, place) {
  await visit.page.goto(`${visit.house.idp}/account${place}`);
  await visit.page.locator('.account-page h1, .panel h1, .prose h1').waitFor();
}

/** Back at the service: what it found, and that its page says the same. */
export async function verdict(visit, outcome = 'accepted') {
  await visit.page.waitForURL(`${visit.house.sp}/`);
  await visit.page.locator('ul.checks').first().waitFor();
  const found = await (await visit.context.request.get(`${visit.house.sp}/verdict.json`)).json();
  assert.equal(found.response.outcome, outcome, JSON.stringify(found.response.checks.filter((check) => check.result === 'fail'), null, 1));
  assert.equal(found.logged_in, outcome === 'accepted');
  assert.equal(await visit.page.locator('ul.checks > li').count(), found.response.checks.length);
  assert.equal(await visit.page.locator('ul.checks > li.fail').count(), 0);
  if (outcome === 'accepted') {
    const rest = found.response.checks.filter((check) => check.result !== 'pass');
    assert.deepEqual(rest, [], 'every check passes');
    assert.equal(await visit.page.locator('.alert.success').count(), 1);
  }
  return found.response;
}

/** Nobody is logged in at the identity provider in this browser. */
export async function nobody(visit) {
  const cookies = await visit.context.cookies(visit.house.idp);
  assert.deepEqual(cookies.filter((cookie) => cookie.name === '__Host-session'), []);
}

/** Logs out at the person's own page. */
export async function logOut(visit) {
  await visit.page.goto(`${visit.house.idp}/account`);
  await visit.page.locator('header form[action="/logout"] button').click();
  await reached(visit, 'loggedOut');
}

/** A passkey from the person's own page; `name` is what they call it. */
export async function addPasskey(visit, name = '') {
  await visit.page.goto(`${visit.house.idp}/account/passkey`);
  await visit.page.fill('#name', name);
  await visit.page.locator('[data-go]').click();
  await visit.page.waitForURL('**/account/authenticators?done=added');
}

/** The text of the error that the page's script shows, once it has the visitor's attention. */
export async function told(visit) {
  const error = visit.page.locator('[data-error]');
  await error.waitFor();
  assert.ok(await error.evaluate((element) => element === document.activeElement), 'the error has the focus');
  return error.innerText();
}

/** Pages keep what script would take away: the page that sends on, and those that say they need script. */
export async function withoutTheirScript(visit, name) {
  await visit.page.route(`**/static/${name}-*.js`, async (route) => {
    const { 'content-encoding': _, ...headers } = (await route.fetch()).headers();
    await route.fulfill({ headers, body: '' });
  });
}
