// The way into an identity and back where there are MitID and mail: every page of it, of the simulated world around as well.

import { clinic } from './clinics.mjs';
import { madeUpNumber } from './house.mjs';
import { acceptTerms, beAt, beginRecovery, byMitid, choosePassword, codeIn, followMail, mail, namesake, press, toMitid } from './roads.mjs';
import { logIn, reached, withoutTheirScript } from './steps.mjs';

/** One language's walk through the town. `open` makes a visitor. */
export async function townWalk({ town, open, at }) {
  for (const part of [around, invitation, nemlogin, broker, settling, wayBack, clinic]) await part({ town, open, at });
}

async function around({ town, open, at }) {
  const one = await open();
  await one.page.goto(town.world);
  await at(one, 'around', 'start');
}

/** Somebody at the page where one shows who one is. */
async function atProof({ town, open, at }) {
  const person = await town.newcomer();
  const one = await open();
  const code = codeIn(await mail(one, person, 'Tag din adgang i brug'));
  await at?.(one, 'around', 'mail');
  await followMail(one);
  await one.page.fill('#user_name', person.username);
  await one.page.fill('#code', code);
  await press(one, '/activate/open');
  await reached(one, 'prove');
  return { person, one };
}

async function invitation({ town, open, at }) {
  const { one } = await atProof({ town, open, at });
  await at(one, 'activation', 'show who you are, with MitID');
  await one.page.goto(`${town.world}/mailbox`);
  await at(one, 'around', 'mailbox');
}

/** Off to a road whose other end does not answer yet: the page in between stays. */
async function leaving(one, road, address) {
  const waits = (route) => route.fulfill({ status: 204 });
  await one.page.route(address, waits);
  const answered = one.page.waitForResponse((answer) => answer.status() === 204);
  await one.page.locator(`form[action="/mitid/road"]:has([value=${road}]) button`).click();
  await answered;
  await one.page.unroute(address, waits);
}

async function nemlogin({ town, open, at }) {
  const { person, one } = await atProof({ town, open });
  await leaving(one, 'nemlogin', '**/nemlogin/sso?**');
  await at(one, 'MitID', 'leaving for NemLog-in');
  await one.page.locator('main .button').click();
  await one.page.waitForURL('**/nemlogin/login?**');
  await at(one, 'around', 'NemLog-in');
  await one.page.locator('.another summary').click();
  await at(one, 'around', 'NemLog-in, somebody else');
  one.expected.add(400);
  await one.page.fill('#name', person.name);
  await one.page.fill('#cpr', '0101011234');
  await one.page.locator('button[value=another]').click();
  await one.page.locator('.alert').waitFor();
  await at(one, 'around', 'a number somebody may have');
  await one.page.goBack();
  await one.page.locator('button.second').click();
  await reached(one, 'mitid');
  await at(one, 'MitID', 'broken off');
  await byMitid(one, 'nemlogin', namesake(person, madeUpNumber()));
  await reached(one, 'mitid');
  await at(one, 'MitID', 'somebody else');

  await one.page.route('**/mitid/nemlogin/acs', (route) => route.continue({ postData: 'SAMLResponse=PHg%2BPC94Pg%3D%3D' }));
  await toMitid(one, 'nemlogin');
  await beAt(one, person);
  await one.page.locator('.incident').waitFor();
  await at(one, 'MitID', 'answer refused');
}

async function broker({ town, open, at }) {
  const { person, one } = await atProof({ town, open });
  await leaving(one, 'broker', '**/broker/authorize?**');
  await at(one, 'MitID', 'leaving for the broker');
  await one.page.locator('main .button').click();
  await one.page.waitForURL('**/broker/authorize?**');
  await at(one, 'around', 'broker');
  await one.page.locator('.another summary').click();
  await at(one, 'around', 'broker, somebody else');
  await beAt(one, person, 'low', { open: true });
  await reached(one, 'mitid');
  await at(one, 'MitID', 'level too low');
  await withoutTheirScript(one, 'post');
  await toMitid(one, 'broker');
  await beAt(one, person);
  await one.page.locator('form[data-post]').waitFor();
  await at(one, 'MitID', 'logged out there');
}

/** Terms, a password, something to log in with. */
async function settling({ town, open, at }) {
  const { person, one } = await atProof({ town, open });
  await byMitid(one, 'nemlogin', person);
  await reached(one, 'terms');
  await at(one, 'activation', 'terms');
  await acceptTerms(one);
  await reached(one, 'newPassword');
  await at(one, 'activation', 'password');
  await choosePassword(one, person);
  await reached(one, 'choose');
  await at(one, 'activation', 'what to log in with');
}

/** Own lock, forgotten password, lost factor: each by MitID. */
async function wayBack({ town, open, at }) {
  const person = await town.person({ apps: 1 });
  const one = await open();
  await one.page.goto(`${town.idp}/account`);
  await logIn(one, person);
  await reached(one, 'account');
  await at(one, 'Min identitet', 'where MitID can raise the level');
  await one.page.locator('form[action="/account/mitid"] button').first().click();
  await reached(one, 'mitid');
  await at(one, 'MitID', 'to raise the level');
  await one.page.goto(`${town.idp}/account/lock`);
  await press(one, '/account/lock');
  await reached(one, 'locked');
  await one.page.locator('main a[href="/recover"]').click();
  await beginRecovery(one, person, 'unlock');
  await at(one, 'recovery', 'show who you are, with MitID');
  await byMitid(one, 'nemlogin', person);
  await reached(one, 'unlocked');
  await at(one, 'recovery', 'own lock lifted');
  await one.page.goto(`${town.idp}/recover`);
  await beginRecovery(one, person, 'unlock');
  await byMitid(one, 'nemlogin', person);
  await reached(one, 'mitid');
  await at(one, 'MitID', 'nothing to be done');
  for (const why of ['password', 'factor']) {
    await one.page.goto(`${town.idp}/recover`);
    await beginRecovery(one, person, why);
    await byMitid(one, 'nemlogin', person);
    // Whoever never accepted the terms does it here.
    if (why === 'password') await acceptTerms(one);
    await reached(one, 'newPassword');
    await at(one, 'recovery', `new password, ${why} lost`);
  }
}
