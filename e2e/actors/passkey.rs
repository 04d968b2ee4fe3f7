//! A software authenticator, written down here so that every field it states can be falsified: ES256 on P-256, no
//! attestation, a counter (WebAuthn level 2, sections 5.8.1, 6.1 and 6.5).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use openssl::{
    bn::{BigNum, BigNumContext},
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    rand::rand_bytes,
    sha::sha256,
    sign::Signer,
};
use serde_json::{Value, json};

use super::Attestor;

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// A credential with its private key.
#[derive(Debug, Clone)]
pub struct Passkey {
    key: PKey<Private>,
    /// Its id.
    pub id: Vec<u8>,
    /// Whom it belongs to, as the server named them.
    pub user_handle: Vec<u8>,
    /// Uses so far.
    pub counter: u32,
}

/// What the authenticator, or the browser, states falsely; everything absent is stated truly.
#[derive(Debug, Clone, Default)]
pub struct Twist {
    /// The flags; bit 0 user present, bit 2 user verified, bit 6 attested data.
    pub flags: Option<u8>,
    /// The counter.
    pub counter: Option<u32>,
    /// The relying party's domain.
    pub rp_id: Option<String>,
    /// The client data's origin.
    pub origin: Option<String>,
    /// The client data's type.
    pub kind: Option<String>,
    /// The client data's challenge.
    pub challenge: Option<String>,
    /// The client data's `crossOrigin`.
    pub cross_origin: Option<bool>,
    /// The client data's `topOrigin`.
    pub top_origin: Option<String>,
    /// Whose key it claims to be; `Some(None)` says nothing.
    pub user_handle: Option<Option<Vec<u8>>>,
    /// The signature.
    pub signature: Option<Vec<u8>>,
    /// The credential's id.
    pub id: Option<Vec<u8>>,
    /// The COSE algorithm a new key claims.
    pub algorithm: Option<i64>,
    /// Who vouches for a new key; nobody without it.
    pub attestor: Option<Attestor>,
    /// Its signature.
    pub attested_signature: Option<Vec<u8>>,
}

impl Passkey {
    /// Makes a key as the options of a registration ask: the key, and the credential as script would send it.
    pub fn create(options: &Value, origin: &str, twist: &Twist) -> (Self, Value) {
        let options = &options["publicKey"];
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("P-256");
        let ec = EcKey::generate(&group).expect("a key");
        let mut id = vec![0; 32];
        rand_bytes(&mut id).expect("chance");
        let user_handle = bytes(options["user"]["id"].as_str().expect("a user handle"));
        let id = twist.id.clone().unwrap_or(id);
        let passkey = Self { key: PKey::from_ec_key(ec.clone()).expect("a key"), id, user_handle, counter: 0 };

        let client_data = client_data("webauthn.create", options, origin, twist);
        let rp_id = options["rp"]["id"].as_str().expect("a domain");
        let mut data = authenticator_data(rp_id, twist.flags.unwrap_or(USER_PRESENT | USER_VERIFIED | ATTESTED), 0, twist);
        data.extend(twist.attestor.as_ref().map_or([0; 16], |attestor| attestor.aaguid));
        data.extend(u16::try_from(passkey.id.len()).unwrap_or(u16::MAX).to_be_bytes());
        data.extend(&passkey.id);
        data.extend(cose(&ec, &group, twist.algorithm.unwrap_or(-7)));
        let object = attestation(&data, &client_data, twist);
        let credential = json!({
            "id": text(&passkey.id),
            "rawId": text(&passkey.id),
            "type": "public-key",
            "extensions": {},
            "response": { "clientDataJSON": text(&client_data), "attestationObject": text(&object) },
        });
        (passkey, credential)
    }

    /// Answers the challenge of a login: the credential as script would send it.
    pub fn assert(&mut self, options: &Value, origin: &str, twist: &Twist) -> Value {
        let options = &options["publicKey"];
        self.counter += 1;
        let client_data = client_data("webauthn.get", options, origin, twist);
        let rp_id = options["rpId"].as_str().expect("a domain");
        let data = authenticator_data(rp_id, twist.flags.unwrap_or(USER_PRESENT | USER_VERIFIED), self.counter, twist);
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).expect("a signer");
        let signature = signer.sign_oneshot_to_vec(&[&data[..], &sha256(&client_data)].concat()).expect("a signature");
        let id = twist.id.as_ref().unwrap_or(&self.id);
        let user_handle = twist.user_handle.clone().unwrap_or_else(|| Some(self.user_handle.clone()));
        json!({
            "id": text(id),
            "rawId": text(id),
            "type": "public-key",
            "extensions": {},
            "response": {
                "clientDataJSON": text(&client_data),
                "authenticatorData": text(&data),
                "signature": text(twist.signature.as_ref().unwrap_or(&signature)),
                "userHandle": user_handle.as_deref().map(text),
            },
        })
    }
}

/// `{"fmt": "none", "attStmt": {}, "authData": data}`, or `"packed"` with the signature of who vouches for the key.
fn attestation(data: &[u8], client_data: &[u8], twist: &Twist) -> Vec<u8> {
    let mut object = vec![0xa3, 0x63];
    match &twist.attestor {
        None => object.extend(b"fmt\x64none\x67attStmt\xa0"),
        Some(attestor) => {
            let statement = [data, &sha256(client_data)].concat();
            let signature = twist.attested_signature.clone().unwrap_or_else(|| attestor.sign(&statement));
            object.extend(b"fmt\x66packed\x67attStmt\xa3\x63alg");
            object.extend(integer(-7));
            object.extend(b"\x63sig");
            object.extend(head(2, signature.len() as u64));
            object.extend(signature);
            object.extend(b"\x63x5c\x81");
            let certificate = attestor.certificate();
            object.extend(head(2, certificate.len() as u64));
            object.extend(certificate);
        }
    }
    object.extend(b"\x68authData");
    object.extend(head(2, data.len() as u64));
    object.extend(data);
    object
}

fn client_data(kind: &str, options: &Value, origin: &str, twist: &Twist) -> Vec<u8> {
    let challenge = options["challenge"].as_str().expect("a challenge");
    let mut data = json!({
        "type": twist.kind.as_deref().unwrap_or(kind),
        "challenge": twist.challenge.as_deref().unwrap_or(challenge),
        "origin": twist.origin.as_deref().unwrap_or(origin),
        "crossOrigin": twist.cross_origin.unwrap_or(false),
    });
    if let Some(top) = &twist.top_origin {
        data["topOrigin"] = json!(top);
    }
    data.to_string().into_bytes()
}

fn authenticator_data(rp_id: &str, flags: u8, counter: u32, twist: &Twist) -> Vec<u8> {
    let mut data = sha256(twist.rp_id.as_deref().unwrap_or(rp_id).as_bytes()).to_vec();
    data.push(flags);
    data.extend(twist.counter.unwrap_or(counter).to_be_bytes());
    data
}

/// The public key as COSE: {1: 2, 3: algorithm, -1: 1, -2: x, -3: y}.
fn cose(key: &EcKey<Private>, group: &EcGroup, algorithm: i64) -> Vec<u8> {
    let (mut x, mut y) = (BigNum::new().expect("a number"), BigNum::new().expect("a number"));
    let mut context = BigNumContext::new().expect("a context");
    key.public_key().affine_coordinates(group, &mut x, &mut y, &mut context).expect("coordinates");
    let mut map = vec![0xa5, 0x01, 0x02, 0x03];
    map.extend(integer(algorithm));
    map.extend([0x20, 0x01]);
    for (name, number) in [(0x21, x), (0x22, y)] {
        map.push(name);
        map.extend([0x58, 32]);
        map.extend(number.to_vec_padded(32).expect("32 bytes"));
    }
    map
}

fn integer(value: i64) -> Vec<u8> {
    if value < 0 { head(1, value.unsigned_abs() - 1) } else { head(0, value.unsigned_abs()) }
}

/// The head of a CBOR item (RFC 8949, section 3).
fn head(major: u8, value: u64) -> Vec<u8> {
    let kind = major << 5;
    match value {
        0..=23 => vec![kind | value as u8],
        24..=0xff => vec![kind | 24, value as u8],
        0x100..=0xffff => [&[kind | 25][..], &(value as u16).to_be_bytes()].concat(),
        _ => [&[kind | 26][..], &(value as u32).to_be_bytes()].concat(),
    }
}

fn text(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}
