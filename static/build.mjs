// Builds static/dist: style sheet, scripts, icons and fonts, each named by a hash of its content, with brotli and gzip beside it.
//
// Run by `./dev build` as `npm ci && node build.mjs`. Nothing is fetched here. `manifest.json` maps plain names to hashed ones;
// src/web/assets.rs embeds the folder.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { PurgeCSS } from 'purgecss';
import * as sass from 'sass';

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, 'src');
const dist = join(here, 'dist');
const system = join(here, 'node_modules/dkfds/src');
const templates = join(here, '../templates');

// Browsers since 2022: all that can do passkeys, and then some. Older ones get the same pages without script.
const target = ['chrome108', 'edge108', 'firefox108', 'safari15.4'];

// Weights the pages use; the Latin subset holds Danish, English and the neighbours' letters.
const fonts = ['Regular-Latin1', 'SemiBold-Latin1'];
// Icons the pages use, by the name of the design system.
const icons = ['error', 'info', 'success', 'warning'];
// Images the style sheet loads.
const images = ['check-white', 'chevron-down', 'chevron-up'];
// Icons drawn here.
const own = ['gate', 'key'];

const manifest = {};

/** Writes one file under its hashed name and returns that name. */
function put(name, content) {
  const bytes = Buffer.from(content);
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const [stem, ending] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.'))];
  const hashed = `${stem}-${hash}${ending}`;
  writeFileSync(join(dist, hashed), bytes);
  if (ending !== '.woff2') {
    writeFileSync(join(dist, `${hashed}.br`), brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
    writeFileSync(join(dist, `${hashed}.gz`), gzipSync(bytes, { level: 9 }));
  }
  manifest[name] = hashed;
  return hashed;
}

/** One SVG file with a symbol for each icon; pages show them by `<use href="...#name">`. */
function sprite() {
  const symbol = (name, svg) => svg
    .replace(/<\?xml[^>]*>|<!--[^]*?-->/g, '').trim()
    .replace(/<svg\b([^>]*)>/, (_, attributes) => `<symbol id="${name}" viewBox="${/viewBox="([^"]+)"/.exec(attributes)[1]}">`)
    .replace('</svg>', '</symbol>');
  const theirs = icons.map((name) => symbol(name, readFileSync(join(system, 'img/svg-icons', `${name}.svg`), 'utf8')));
  const ours = own.map((name) => symbol(name, readFileSync(join(source, `${name}.svg`), 'utf8')));
  return `<svg xmlns="http://www.w3.org/2000/svg">${[...theirs, ...ours].join('')}</svg>`;
}

/** The style sheet, with the fonts' hashed names in it. Any other file it would load is an error: pages load nothing unnoticed. */
async function style() {
  const { css } = sass.compile(join(source, 'portvagt.scss'), {
    loadPaths: [join(system, 'stylesheets')],
    quietDeps: true,
    logger: sass.Logger.silent,
  });
  // What no page mentions is left out, so that each visitor loads the few components we use and no more.
  const [{ css: used }] = await new PurgeCSS().purge({
    content: [{ raw: pages(), extension: 'html' }],
    css: [{ raw: css }],
    fontFace: true,
  });
  const named = used.replace(/url\("?([^")]+)"?\)/g, (whole, path) => {
    const hashed = manifest[basename(path)];
    if (!hashed) throw new Error(`the style sheet loads ${path}, which is not built`);
    return `url(${hashed})`;
  });
  const { code } = await esbuild.transform(named, { loader: 'css', minify: true, target, legalComments: 'none' });
  return code;
}

// Classes that the templates put together, or are given by src/web/page.
const composed = 'alert-error alert-info alert-success alert-warning badge-error badge-info badge-success badge-warning';

/** All that may name a class. */
function pages() {
  const files = readdirSync(templates, { recursive: true }).filter((name) => name.endsWith('.html'));
  const html = files.map((name) => readFileSync(join(templates, name), 'utf8'));
  return [...html, composed].join('\n');
}

/** One script with what it imports. */
async function script(name) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(source, name)], bundle: true, format: 'esm', minify: true, target, write: false, legalComments: 'none',
  });
  return outputFiles[0].contents;
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
for (const font of fonts) {
  put(`IBMPlexSans-${font}.woff2`, readFileSync(join(system, 'fonts/IBMPlexSans/split/woff2', `IBMPlexSans-${font}.woff2`)));
}
for (const image of images) put(`${image}.svg`, readFileSync(join(system, 'img/svg-icons', `${image}.svg`)));
put('icons.svg', sprite());
put('mark.svg', readFileSync(join(source, 'mark.svg')));
put('portvagt.css', await style());
for (const name of ['webauthn.js', 'post.js', 'logout.js']) put(name, await script(name));
writeFileSync(join(dist, 'manifest.json'), JSON.stringify(manifest, null, 2));

for (const name of readdirSync(dist).filter((name) => name.endsWith('.br'))) {
  console.log(String(readFileSync(join(dist, name)).length).padStart(7), name);
}
