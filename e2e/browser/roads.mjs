// The long way into an identity and back: mails, MitID by both roads, terms, a password, something to log in with. Each step ends
// once the page it leads to is there.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { reached } from './steps.mjs';

/** The text of a mail to the person, opened in the mailbox; `subject` is part of its subject. Mails take a moment to arrive. */
export async function mail({ page, house }, person, subject) {
  const line = page.locator('.rooms li').filter({ hasText: person.address }).filter({ hasText: subject }).first();
  for (const until = Date.now() + 30_000; ;) {
    await page.goto(`${house.world}/mailbox`);
    if (await line.count() > 0) break;
    assert.ok(Date.now() < until, `no mail '${subject}' to ${person.address} within half a minute`);
    await page.waitForTimeout(100);
  }
  await line.locator('a').click();
  return page.locator('.mail-text').innerText();
}

/** Follows the one link of the mail that is open, which leads to a new tab: from here on the visitor is there. */
export async function followMail(visit) {
  const link = visit.page.frameLocator('iframe.mail').locator('a').first();
  const [tab] = await Promise.all([visit.context.waitForEvent('page'), link.click()]);
  visit.page = tab;
}

/** The one-time code in a mail or on a page. */
export function codeIn(text) {
  const found = /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(text);
  assert.ok(found, text);
  return found[0];
}

/** From the mail to the page where one shows who one is. */
export async function openInvitation(visit, person) {
  const text = await mail(visit, person, 'Tag din adgang i brug');
  const code = codeIn(text);
  assert.ok(text.includes(person.username), text);
  await followMail(visit);
  await visit.page.fill('#user_name', person.username);
  await visit.page.fill('#code', code);
  await press(visit, '/activate/open');
  await reached(visit, 'prove');
}

/** The first button of the form with that action. */
export function press(visit, action) {
  return visit.page.locator(`form[action="${action}"] button[type=submit]`).first().click();
}

/** To the page where the simulated MitID is used. `road` is `nemlogin` or `broker`. */
export async function toMitid(visit, road) {
  await visit.page.locator(`form[action="/mitid/road"]:has([value=${road}]) button`).click();
  await visit.page.waitForURL(`${visit.house.world}/${road}/**`);
}

/** Uses MitID as that person, at a level named as the road names it; where that leads is the caller's to wait for. */
export async function beAt(visit, { name, cpr }, level = 'substantial', { open = false } = {}) {
  if (!open) await visit.page.locator('.another summary').click();
  const wanted = visit.page.locator('#level option').filter({ hasText: levels[visit.language][level] });
  await visit.page.selectOption('#level', await wanted.getAttribute('value'));
  await visit.page.fill('#name', name);
  await visit.page.fill('#cpr', cpr);
  await visit.page.locator('button[value=another]').click();
}

const levels = {
  da: { low: 'Lav', substantial: 'Betydelig', high: 'Høj' },
  en: { low: 'Low', substantial: 'Substantial', high: 'High' },
};

/** Proves with MitID who one is, or says to be. */
export async function byMitid(visit, road, person, level) {
  await toMitid(visit, road);
  await beAt(visit, person, level);
  await visit.page.waitForURL((url) => url.href.startsWith(visit.house.idp));
}

/** Somebody else with the same name. */
export const namesake = (person, cpr) => ({ name: person.name, cpr });

export async function acceptTerms(visit) {
  await reached(visit, 'terms');
  await press(visit, '/activate/terms');
}

/** A new password, which the person remembers. */
export async function choosePassword(visit, person) {
  await reached(visit, 'newPassword');
  person.password = `${randomBytes(6).toString('hex')} nye røde støvler`;
  await visit.page.fill('#password', person.password);
  await visit.page.fill('#again', person.password);
  await press(visit, '/activate/password');
}

/** A first passkey, made where one chooses what to log in with; ends at the person's own page. */
export async function enrolPasskey(visit) {
  await reached(visit, 'choose');
  await visit.page.locator('main a[href^="/login/enrol/passkey"]').click();
  await visit.page.locator('[data-go]').click();
  await reached(visit, 'account');
}

/** What is lost, up to the page where one shows who one is. */
export async function beginRecovery(visit, person, why) {
  await visit.page.fill('#user_name', person.username);
  await visit.page.check(`#why-${why}`);
  await press(visit, '/recover');
  await reached(visit, 'prove');
}
