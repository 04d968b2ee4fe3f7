// A certified OpenID provider (npm oidc-provider) in the part of a MitID broker, on loopback. Its settings come as one line
// of JSON on standard input: { clients, inIdToken, persons }. It prints its issuer when it listens, and ends when standard
// input does, so that it never outlives the test that started it. POST /rotate replaces its keys.

import { createServer } from 'node:http'
import { generateKeyPairSync } from 'node:crypto'
import { createInterface } from 'node:readline'
import { Provider } from 'oidc-provider'

// Standard output says the issuer and nothing else; advice about storage and lifetimes is for those who run it for good.
console.info = console.warn = () => {}

const input = createInterface({ input: process.stdin })
const { value: line } = await input[Symbol.asyncIterator]().next()
const settings = JSON.parse(line)
process.stdin.on('end', () => process.exit(0))
process.stdin.on('close', () => process.exit(0))
process.stdin.resume()

function keys () {
  const make = (kind, options) => generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' })
  return { keys: [make('rsa', { modulusLength: 2048 }), make('ec', { namedCurve: 'P-256' })].map((key) => ({ ...key, use: 'sig' })) }
}

const server = createServer()
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const issuer = `http://127.0.0.1:${server.address().port}`
let provider = make()

function make () {
  const made = new Provider(issuer, {
    clients: settings.clients,
    jwks: keys(),
    cookies: { keys: ['a key for cookies of the tests'] },
    claims: { openid: ['sub'], ssn: ['cpr', 'name'], acr: null, auth_time: null },
    scopes: ['openid', 'ssn'],
    acrValues: ['urn:s', 'urn:h'],
    conformIdTokenClaims: !settings.inIdToken,
    pkce: { methods: ['S256'], required: () => true },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    interactions: { url: (_, interaction) => `/use-mitid/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...settings.persons[id] }) })
  })
  made.on('server_error', (_, error) => console.error(error))
  for (const event of ['authorization.error', 'grant.error']) made.on(event, (_, error) => console.error(event, error.error, error.error_detail ?? ''))
  return made
}

async function body (request) {
  let text = ''
  for await (const part of request) text += part
  return new URLSearchParams(text)
}

// The page where one would use MitID: choose a person and a level, or break it off.
async function useMitid (request, response) {
  const { uid, params, prompt } = await provider.interactionDetails(request, response)
  if (request.method !== 'POST') {
    response.setHeader('content-type', 'text/html')
    return response.end(`<form method="post" action="/use-mitid/${uid}"><input name="person"><input name="acr" value="${params.acr_values ?? ''}"><input name="cancel"></form>`)
  }
  const form = await body(request)
  if (form.get('cancel')) return provider.interactionFinished(request, response, { error: 'access_denied', error_description: 'broken off' })
  const accountId = form.get('person')
  if (!settings.persons[accountId]) throw new Error(`nobody is called ${accountId} (${prompt.name})`)
  const grant = new provider.Grant({ accountId, clientId: params.client_id })
  grant.addOIDCScope(params.scope)
  const result = { login: { accountId, acr: form.get('acr'), remember: false }, consent: { grantId: await grant.save() } }
  return provider.interactionFinished(request, response, result)
}

server.on('request', (request, response) => {
  const fail = (error) => { console.error(error); response.statusCode = 500; response.end() }
  if (request.url.startsWith('/use-mitid/')) useMitid(request, response).catch(fail)
  else if (request.url === '/rotate') { provider = make(); response.end('rotated') } else provider.callback()(request, response)
})
console.log(issuer)
