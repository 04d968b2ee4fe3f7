// A browser and its visitors. Each visitor has a context of its own and is watched: errors in the console, breaches of the
// content security policy, failed requests and requests to any other host are faults, whatever the test is about.

import { chromium } from 'playwright-core';

const flags = [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
  // Whatever slips through all that finds no other host.
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1',
];

export async function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });
}

export class Visit {
  faults = [];
  /** Statuses of error pages that this visit meets on purpose. */
  expected = new Set();
  /** Further origins the visit may load from. */
  origins;

  /** A visitor with a clean browser. `language` is what the browser asks for. */
  static async of(browser, house, { language = 'da', script = true, width = 1280, height = 900 } = {}) {
    const visit = new Visit();
    visit.house = house;
    visit.language = language;
    visit.origins = new Set([house.idp, house.sp, ...(house.world ? [house.world] : [])]);
    visit.context = await browser.newContext({
      locale: language === 'da' ? 'da-DK' : 'en-GB', javaScriptEnabled: script, viewport: { width, height }, reducedMotion: 'reduce',
    });
    visit.context.setDefaultTimeout(20_000);
    // The demo service provider knows a language by its cookie only.
    await visit.context.addCookies([{ name: 'demo-sp-language', value: language, url: house.sp }]);
    if (house.world) await visit.context.addCookies([{ name: 'demo-federation-language', value: language, url: house.world }]);
    await visit.watch();
    visit.page = await visit.context.newPage();
    return visit;
  }

  async watch() {
    const { context, faults } = this;
    await context.exposeBinding('__violation', (_, text) => { faults.push(`content security policy: ${text}`); });
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        globalThis.__violation(`${event.violatedDirective} ${event.blockedURI} on ${location.href}`);
      });
    });
    context.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type())) return;
      const status = /Failed to load resource: the server responded with a status of (\d+)/.exec(message.text())?.[1];
      if (status && this.expected.has(Number(status))) return;
      faults.push(`console: ${message.text()} (${message.location().url})`);
    });
    context.on('weberror', (error) => { faults.push(`script: ${error.error()}`); });
    context.on('dialog', (dialog) => { faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    context.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol !== 'data:' && !this.origins.has(url.origin)) faults.push(`request to ${url}`);
    });
    context.on('requestfailed', (request) => {
      // Leaving a page ends what it still waits for.
      if (request.failure()?.errorText !== 'net::ERR_ABORTED') faults.push(`failed: ${request.url()} ${request.failure()?.errorText}`);
    });
    context.on('response', (response) => {
      if (response.url().startsWith(`${this.house.idp}/`)) this.judge(response);
    });
  }

  /** Security headers stand on every answer of ours. */
  judge(response) {
    const headers = response.headers();
    const policy = headers['content-security-policy'] ?? '';
    if (!policy.startsWith("default-src 'none'") || /unsafe|\*/.test(policy)) this.faults.push(`policy '${policy}' at ${response.url()}`);
    if (headers['x-content-type-options'] !== 'nosniff') this.faults.push(`no nosniff at ${response.url()}`);
    // Over plain http Chromium keeps this one to itself for pictures.
    const isPage = response.request().resourceType() === 'document';
    if (isPage && !headers['strict-transport-security']) this.faults.push(`no HSTS at ${response.url()}`);
    if (response.status() >= 500 && !this.expected.has(response.status())) this.faults.push(`${response.status()} at ${response.url()}`);
  }

  /** A virtual authenticator in this page: a passkey store that verifies its user. */
  async authenticator(options = {}) {
    const cdp = await this.context.newCDPSession(this.page);
    await cdp.send('WebAuthn.enable');
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
        automaticPresenceSimulation: true, ...options,
      },
    });
    const send = (method, more) => cdp.send(`WebAuthn.${method}`, { authenticatorId, ...more });
    return {
      verifies: (isUserVerified) => send('setUserVerified', { isUserVerified }),
      present: (enabled) => send('setAutomaticPresenceSimulation', { enabled }),
      lies: (bits) => send('setResponseOverrideBits', { isBogusSignature: false, isBadUV: false, isBadUP: false, ...bits }),
      credentials: async () => (await send('getCredentials')).credentials,
      replace: async (credential) => {
        await send('removeCredential', { credentialId: credential.credentialId });
        await send('addCredential', { credential });
      },
    };
  }

  /** Takes back the faults that a test provoked; how many there were. */
  forgive(pattern) {
    const provoked = this.faults.filter((fault) => pattern.test(fault));
    this.faults.splice(0, this.faults.length, ...this.faults.filter((fault) => !pattern.test(fault)));
    return provoked.length;
  }

  /** Ends the visit; the faults that were seen. */
  async close() {
    // What a page reports on its last breath has to arrive first.
    await this.page.evaluate(() => 0).catch(() => 0);
    await this.context.close();
    return this.faults;
  }
}

