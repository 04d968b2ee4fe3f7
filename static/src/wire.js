// The JSON forms of WebAuthn (WebAuthn level 3, 5.1): bytes are base64url text on the wire.
//
// The browser's own conversion is used where it exists.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));

const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

const listed = (credentials) => credentials?.map((credential) => ({ ...credential, id: bytes(credential.id) }));

/** What `navigator.credentials.create` takes, of the server's answer. */
export function creationOptions(answer) {
  const publicKey = known(answer.publicKey);
  if (PublicKeyCredential.parseCreationOptionsFromJSON) {
    return { publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) };
  }
  return {
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      user: { ...publicKey.user, id: bytes(publicKey.user.id) },
      excludeCredentials: listed(publicKey.excludeCredentials),
    },
  };
}

/** What `navigator.credentials.get` takes, of the server's answer. */
export function requestOptions(answer) {
  const publicKey = known(answer.publicKey);
  if (PublicKeyCredential.parseRequestOptionsFromJSON) {
    return { publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) };
  }
  return {
    publicKey: {
      ...publicKey, challenge: bytes(publicKey.challenge), allowCredentials: listed(publicKey.allowCredentials),
    },
  };
}

// Browsers refuse null where a member may only be absent.
function known(value) {
  if (Array.isArray(value)) return value.map(known);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null).map(([name, member]) => [name, known(member)]));
}

/** A credential as JSON for the server. */
export function plain(credential) {
  const { response } = credential;
  const answer = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    answer.attestationObject = text(response.attestationObject);
    answer.transports = response.getTransports?.() ?? [];
  } else {
    answer.authenticatorData = text(response.authenticatorData);
    answer.signature = text(response.signature);
    answer.userHandle = response.userHandle ? text(response.userHandle) : null;
  }
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: answer,
    extensions: credential.getClientExtensionResults(),
  };
}
