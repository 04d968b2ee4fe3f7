// Passkeys and security keys: login, second factor and enrolment.
//
// Texts come from the page, decisions from the server; this only carries answers between browser and server. Without this
// script, or where the browser has no WebAuthn, the part of the page that needs it stays hidden.

import { creationOptions, requestOptions, plain } from './wire.js';

const part = document.querySelector('[data-webauthn]');
if (part && window.isSecureContext && window.PublicKeyCredential) {
  part.hidden = false;
  document.querySelector('[data-without-webauthn]')?.setAttribute('hidden', '');
  ({ login, factor, enrol })[part.dataset.webauthn]?.(part);
}

/** Passkey login: offered in the user name field at once, and by the button. */
async function login(part) {
  const calledOff = new AbortController();
  let offered = Promise.resolve(null);
  button(part, async () => {
    // The browser runs one ceremony at a time, and the server keeps the challenge of the latest.
    calledOff.abort();
    await offered;
    await get(part);
  });
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  if (calledOff.signal.aborted) return;
  // That nobody chose a passkey, or the button was pressed instead, is nothing to tell.
  offered = choose(part, { mediation: 'conditional', signal: calledOff.signal }).catch(() => null);
  const chosen = await offered;
  if (chosen) await attempt(part, () => finish(part, { credential: plain(chosen) }));
}

/** The second factor by passkey or security key. */
function factor(part) {
  button(part, () => get(part));
}

/** A new passkey, with the name the person gives it. */
function enrol(part) {
  const form = part.querySelector('[data-form]');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const name = form.elements.name.value.trim();
    attempt(part, async () => {
      const options = creationOptions(await ask(part, part.dataset.start, { name }));
      const credential = await navigator.credentials.create(options);
      await finish(part, { credential: plain(credential), name });
    });
  });
}

async function get(part) {
  await finish(part, { credential: plain(await choose(part, {})) });
}

/** Lets the person choose a credential; `how` says that it is offered in the user name field, and how to call that off. */
async function choose(part, how) {
  const options = requestOptions(await ask(part, part.dataset.start, how.mediation ? { conditional: true } : {}));
  return navigator.credentials.get({ ...options, ...how });
}

async function finish(part, body) {
  const { next } = await ask(part, part.dataset.finish, body);
  location.assign(next);
}

/** Posts JSON. A refusal is a failure like any other, unless it says with `next` where to go on (a flow that is gone, say). */
async function ask(part, url, body) {
  const { flow, csrf } = part.dataset;
  const answer = await fetch(url, {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRF': csrf },
    body: JSON.stringify(flow ? { flow, ...body } : body),
  });
  const said = await answer.json();
  if (answer.ok) return said;
  if (said.next) location.assign(said.next);
  throw new Error(String(answer.status));
}

function button(part, act) {
  part.querySelector('[data-go]').addEventListener('click', () => attempt(part, act));
}

/** Runs one ceremony: says that it goes on, and on failure why it may have failed. */
async function attempt(part, act) {
  const go = part.querySelector('[data-go]');
  if (go.getAttribute('aria-disabled')) return;
  part.querySelector('[data-error]').hidden = true;
  part.querySelector('[data-status]').textContent = part.dataset.busy;
  go.setAttribute('aria-disabled', 'true');
  try {
    await act();
  } catch (fault) {
    tell(part, fault.name === 'InvalidStateError' && part.dataset.exists ? part.dataset.exists : part.dataset.failed);
  } finally {
    part.querySelector('[data-status]').textContent = '';
    go.removeAttribute('aria-disabled');
  }
}

function tell(part, text) {
  const error = part.querySelector('[data-error]');
  error.querySelector('[data-error-text]').textContent = text;
  error.hidden = false;
  error.focus();
}
