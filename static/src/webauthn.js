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
  let waiting = null;
  button(part, async () => {
    waiting?.abort();
    await get(part, {});
  });
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  waiting = new AbortController();
  try {
    await get(part, { mediation: 'conditional', signal: waiting.signal });
  } catch (fault) {
    // Nobody chose a passkey, or the button was pressed instead: nothing to tell.
    if (fault instanceof Refused) tell(part, part.dataset.failed);
  }
}

/** The second factor by passkey or security key. */
function factor(part) {
  button(part, () => get(part, {}));
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

async function get(part, how) {
  const options = requestOptions(await ask(part, part.dataset.start, how.mediation ? { conditional: true } : {}));
  if (how.mediation) options.mediation = how.mediation;
  if (how.signal) options.signal = how.signal;
  const credential = await navigator.credentials.get(options);
  await finish(part, { credential: plain(credential) });
}

async function finish(part, body) {
  const { next } = await ask(part, part.dataset.finish, body);
  location.assign(next);
}

class Refused extends Error {}

/** Posts JSON; an answer with `next` but no success (a flow that is gone, say) leads there. */
async function ask(part, url, body) {
  const { flow, csrf } = part.dataset;
  const answer = await fetch(url, {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRF': csrf },
    body: JSON.stringify(flow ? { flow, ...body } : body),
  });
  if (!answer.ok) throw new Refused(String(answer.status));
  return answer.json();
}

function button(part, act) {
  part.querySelector('[data-go]').addEventListener('click', () => attempt(part, act));
}

/** Runs one ceremony: says that it goes on, and on failure why it may have failed. */
async function attempt(part, act) {
  const go = part.querySelector('[data-go]');
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
