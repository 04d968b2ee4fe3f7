//! Keys for the tests of this floor and those above: made once a run, never compiled into the server.

use std::sync::OnceLock;

use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::{X509Builder, X509NameBuilder};

use crate::base::clock;
use crate::base::random::SeededRandom;
use crate::crypto::keyring::{self, PeerKey, SigningKey};

/// A pair of ours (`0`) or of a relying party (`1`, `2`): the signing side.
pub(crate) fn signing_key(number: usize) -> &'static SigningKey {
    static KEYS: [OnceLock<SigningKey>; 3] = [const { OnceLock::new() }; 3];
    KEYS[number].get_or_init(|| {
        let from = clock::from_millis(1_700_000_000_000);
        let seed = SeededRandom::new(number as u64);
        let (key, certificate) = keyring::self_signed(&format!("Key {number}"), 2048, from, 3650, &seed).unwrap();
        SigningKey::from_pem(key.expose(), &certificate, None, true).unwrap()
    })
}

/// The public side of the same pair.
pub(crate) fn peer_key(number: usize) -> PeerKey {
    PeerKey::from_der(signing_key(number).certificate_der()).unwrap()
}

/// A pair on P-256.
pub(crate) fn elliptic() -> (PKey<Private>, PeerKey) {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, "EC").unwrap();
    let name = name.build();
    let mut x509 = X509Builder::new().unwrap();
    x509.set_version(2).unwrap();
    x509.set_subject_name(&name).unwrap();
    x509.set_issuer_name(&name).unwrap();
    x509.set_not_before(&openssl::asn1::Asn1Time::from_unix(1_700_000_000).unwrap()).unwrap();
    x509.set_not_after(&openssl::asn1::Asn1Time::from_unix(1_900_000_000).unwrap()).unwrap();
    x509.set_pubkey(&key).unwrap();
    x509.sign(&key, MessageDigest::sha256()).unwrap();
    let peer = PeerKey::from_der(&x509.build().to_der().unwrap()).unwrap();
    (key, peer)
}
