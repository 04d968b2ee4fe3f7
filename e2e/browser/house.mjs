// The real thing on loopback: `portvagt demo` in a new folder, the demo service provider beside it, and people as its own
// command line makes them. Only what was started here is stopped.

import { spawn } from 'node:child_process';
import { createHmac, randomBytes, randomInt } from 'node:crypto';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Where cargo puts programs, and where results go. */
export const target = resolve(root, process.env.CARGO_TARGET_DIR ?? 'target');
const portvagt = join(target, 'debug/portvagt');
const demoSp = join(target, 'debug/demo-sp');
const demoFederation = join(target, 'debug/demo-federation');

// What the programs are told stands in their arguments and files: the settings of whoever runs this are not theirs.
const surroundings = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PORTVAGT_')));

/** Runs a program to its end; its standard output, or an error with what it said. */
function run(program, parts, input = '') {
  return new Promise((done, fail) => {
    const child = spawn(program, parts, { stdio: ['pipe', 'pipe', 'pipe'], env: surroundings });
    let said = '';
    let complained = '';
    child.stdout.on('data', (bytes) => { said += bytes; });
    child.stderr.on('data', (bytes) => { complained += bytes; });
    child.on('error', fail);
    child.on('close', (status) => (status === 0 ? done(said) : fail(new Error(`${program} ${parts.join(' ')}: ${complained}${said}`))));
    // A program that reads nothing may be gone before this is written.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((ready) => { server.once('listening', ready); });
  const { port } = server.address();
  await new Promise((closed) => { server.close(closed); });
  return port;
}

export class House {
  children = [];
  folder = mkdtempSync(join(tmpdir(), 'portvagt-browser-'));

  /**
   * Starts Portvagt and the demo service provider, and waits until they answer. In a `town` there is the simulated world
   * around as well: NemLog-in, a MitID broker and a mailbox; and its organisation asks everybody to accept terms.
   */
  static async open({ town = false } = {}) {
    const house = new House();
    house.town = town;
    // However this process ends, what it started ends with it.
    process.once('exit', () => house.leave());
    try {
      await house.start();
    } catch (error) {
      await house.close();
      throw error;
    }
    return house;
  }

  async start() {
    const [port, spPort] = [await freePort(), await freePort()];
    this.idp = `http://localhost:${port}`;
    this.sp = `http://localhost:${spPort}`;
    const sp = join(this.folder, 'demo-sp');
    mkdirSync(sp);
    const metadata = { aes256: join(sp, 'metadata.xml'), aes128: join(sp, 'metadata-aes128.xml') };
    for (const [suite, file] of Object.entries(metadata)) {
      writeFileSync(file, await run(demoSp, ['metadata', '--base-url', this.sp, '--data', sp, '--encryption', suite]));
    }
    const around = this.town ? await this.surround() : [];
    this.spawn(portvagt, [
      'demo', '--data', this.folder, '--port', port, '--service-provider', this.sp,
      '--relying-party', metadata.aes256, '--relying-party', metadata.aes128, ...around,
    ], 'portvagt.log');
    await this.answers(`${this.idp}/health/ready`);
    if (this.town) await this.introduce();
    this.spawn(demoSp, [
      '--listen', `127.0.0.1:${spPort}`, '--base-url', this.sp, '--data', sp, '--idp-metadata', `${this.idp}/saml/metadata`,
    ], 'demo-sp.log');
    await this.answers(`${this.sp}/`);
  }

  /** Starts the world around; what Portvagt is told of it. NemLog-in learns of Portvagt once there is a file about it. */
  async surround() {
    const [port, smtp] = [await freePort(), await freePort()];
    this.world = `http://localhost:${port}`;
    const data = join(this.folder, 'federation');
    const metadata = join(this.folder, 'nemlogin.xml');
    writeFileSync(metadata, await run(demoFederation, ['metadata', '--base-url', this.world, '--data', data]));
    this.spawn(demoFederation, [
      '--listen', `127.0.0.1:${port}`, '--base-url', this.world, '--data', data, '--portvagt', this.idp, '--smtp', `127.0.0.1:${smtp}`,
      '--sp-metadata', join(this.folder, 'nemlogin-sp.xml'), '--idp-metadata', join(this.folder, 'idp.xml'),
    ], 'federation.log');
    await this.answers(`${this.world}/`);
    return ['--nemlogin', metadata, '--mitid-broker', `${this.world}/broker`, '--mailbox', `${this.world}/mailbox`, '--mail-port', smtp];
  }

  /** What the world around is told of Portvagt, and Portvagt of the clinical system. */
  async introduce() {
    const tell = (parts) => run(portvagt, ['--config', join(this.folder, 'portvagt.toml'), ...parts]);
    writeFileSync(join(this.folder, 'nemlogin-sp.xml'), await tell(['mitid', 'metadata']));
    writeFileSync(join(this.folder, 'idp.xml'), await tell(['metadata']));
    const data = join(this.folder, 'federation');
    const journal = join(this.folder, 'journal.xml');
    writeFileSync(journal, await run(demoFederation, ['clinic-metadata', '--base-url', this.world, '--data', data]));
    await tell(['relying-party', 'add', journal, '--name', 'Journal (simulated)']);
    await tell(['relying-party', 'bootstrap', 'set', 'https://saml.journal.example', '--certificate', join(data, 'sts-client.crt'), '--environment', 'simulated']);
  }

  spawn(program, parts, log) {
    const child = spawn(program, parts.map(String), { stdio: ['ignore', 'pipe', 'pipe'], env: surroundings });
    const file = createWriteStream(join(this.folder, log));
    child.stdout.pipe(file, { end: false });
    child.stderr.pipe(file, { end: false });
    child.on('error', (error) => { this.broken = error; });
    child.on('exit', (status) => { if (!this.closing) this.broken = new Error(`${program} ended by itself with ${status}; see ${log}`); });
    this.children.push(child);
  }

  async answers(address) {
    for (const until = Date.now() + 60_000; Date.now() < until;) {
      if (this.broken) throw new Error(`${this.broken.message}\n${this.log()}`);
      const answer = await fetch(address).catch(() => null);
      if (answer?.ok) return;
      await new Promise((later) => { setTimeout(later, 50); });
    }
    throw new Error(`${address} did not answer within a minute\n${this.log()}`);
  }

  /** What the server has logged so far. */
  log() {
    return readFileSync(join(this.folder, 'portvagt.log'), 'utf8').replace(/\x1b\[[0-9;]*m/g, '');
  }

  /** One command of the server's command line, its answer read as JSON. */
  async command(parts, input) {
    return JSON.parse(await run(portvagt, ['--config', join(this.folder, 'portvagt.toml'), '--json', ...parts], input));
  }

  /**
   * A new person. `apps` are authenticator apps: each lets in once within half a minute, so a test that logs in twice
   * takes two. `level` is that of the identity proofing; none without. Everybody has a MitID, with a number nobody can have.
   */
  async person({ apps = 0, level = 'substantial', username = `p${randomBytes(4).toString('hex')}`, name = ['Sofie', 'Ærø Østergård'] } = {}) {
    const password = `${randomBytes(6).toString('hex')} æ blå cykel`;
    const cpr = madeUpNumber();
    const [given, family] = name;
    const added = await this.command(['person', 'add', username, '--given-name', given, '--family-name', family,
      '--email', addressOf(username), '--with-cpr'], `${password}\n${cpr}\n`);
    if (level) {
      await this.command(['person', 'prove', username, '--method', 'in-person', '--level', level, '--evidence', 'Test: no document', '--by', 'browser test']);
    }
    const secrets = [];
    for (let app = 0; app < apps; app += 1) {
      secrets.push((await this.command(['totp', 'add', username, '--name', `App ${app + 1}`])).secret);
    }
    return new Person({ username, password, activation: added.activation_code, secrets, name: `${given} ${family}`, cpr });
  }

  /** Somebody without a password, invited by mail. */
  async newcomer() {
    const username = `n${randomBytes(4).toString('hex')}`;
    const cpr = madeUpNumber();
    await this.command(['person', 'add', username, '--given-name', 'Nina', '--family-name', 'Sørensen Aagaard',
      '--email', addressOf(username), '--without-password', '--with-cpr'], `${cpr}\n`);
    await this.command(['person', 'invite', username, '--by', 'mail']);
    return new Person({ username, name: 'Nina Sørensen Aagaard', cpr });
  }

  /** Keeps the database from being written until the answer of this is called. */
  async holdDatabase() {
    const hold = 'import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute("BEGIN IMMEDIATE"); print("held", flush=True); sys.stdin.read()';
    const child = spawn('python3', ['-c', hold, join(this.folder, 'portvagt.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
    await new Promise((held, fail) => { child.stdout.once('data', held); child.once('error', fail); });
    return () => new Promise((gone) => { child.once('exit', gone); child.stdin.end(); });
  }

  /** Moves the moment at which a person proved their factors into the past. */
  async age(person, seconds) {
    const age = `import datetime, json, sqlite3, sys
db, name, seconds = sqlite3.connect(sys.argv[1]), sys.argv[2], int(sys.argv[3])
where = "person = (SELECT id FROM people WHERE username = ?)"
for session, text in db.execute("SELECT id, evidence FROM sessions WHERE " + where, [name]).fetchall():
    evidence = json.loads(text)
    for use in evidence["uses"]:
        at = datetime.datetime.fromisoformat(use["at"][:19]) - datetime.timedelta(seconds=seconds)
        use["at"] = at.isoformat() + "Z"
    db.execute("UPDATE sessions SET evidence = ? WHERE id = ?", [json.dumps(evidence), session])
db.commit()`;
    await run('python3', ['-c', age, join(this.folder, 'portvagt.db'), person.username, seconds]);
  }

  /** Somebody without a password, invited by a letter: their user name, and the code in it. */
  async invited() {
    const username = `n${randomBytes(4).toString('hex')}`;
    await this.command(['person', 'add', username, '--given-name', 'Nina', '--family-name', 'Sørensen Aagaard', '--without-password', '--with-cpr'], `${madeUpNumber()}\n`);
    const letter = join(this.folder, `${username}.pdf`);
    await this.command(['person', 'invite', username, '--by', 'letter', '--out', letter]);
    const [code] = /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(readFileSync(letter, 'latin1'));
    return { username, code, letter };
  }

  leave() {
    for (const child of this.children) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  async close() {
    this.closing = true;
    const ended = this.children.map((child) => child.exitCode !== null || new Promise((gone) => { child.once('exit', gone); }));
    for (const child of this.children) child.kill('SIGTERM');
    const patience = setTimeout(() => this.children.forEach((child) => child.kill('SIGKILL')), 10_000);
    await Promise.all(ended);
    clearTimeout(patience);
    rmSync(this.folder, { recursive: true, force: true });
    this.children = [];
  }
}

const addressOf = (username) => `${username}@testkommune.example`;

/** A CPR number that nobody can have: 60 is added to the day. */
export function madeUpNumber() {
  const between = (least, most) => String(randomInt(least, most + 1)).padStart(2, '0');
  return `${between(61, 88)}${between(1, 12)}${between(0, 99)}${String(randomInt(10_000)).padStart(4, '0')}`;
}

export class Person {
  constructor({ username, password = '', activation = '', secrets = [], name, cpr }) {
    Object.assign(this, { username, password, activation, secrets, name, cpr });
  }

  get address() {
    return addressOf(this.username);
  }

  /** A code that was not used yet. It is the present one, so it is good for half a minute at least. */
  code() {
    const secret = this.secrets.shift();
    if (!secret) throw new Error('this person has no unused authenticator app left; give the test more');
    return codeOf(secret);
  }
}

/** The present code of a base32 secret (RFC 6238: SHA-1, 6 digits, 30 seconds). */
export function codeOf(secret, seconds = Date.now() / 1000) {
  const bits = [...secret.replace(/[\s=]/g, '').toUpperCase()]
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(seconds / 30)));
  const mac = createHmac('sha1', key).update(counter).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}
