//! Pairs that fit, pairs that do not, and keys that are too short.

use super::*;
use crate::base::random::SeededRandom;

fn pair(bits: u32) -> (Secret<Vec<u8>>, Vec<u8>) {
    self_signed("Test", bits, clock::from_millis(1_700_000_000_000), 30, &SeededRandom::new(u64::from(bits))).unwrap()
}

#[test]
fn a_pair_signs_and_short_or_foreign_keys_are_refused() {
    let (key, certificate) = pair(2048);
    let signing = SigningKey::from_pem(key.expose(), &certificate, None, true).unwrap();
    assert_eq!(signing.not_before().as_second(), 1_700_000_000);
    assert_eq!(signing.not_after().as_second(), 1_700_000_000 + 30 * 86_400);
    assert_eq!(signing.fingerprint().len(), 64);
    assert_eq!(signing.sign_sha256(b"x").unwrap().len(), 256);
    assert!(!format!("{signing:?}").contains("PRIVATE"));
    let short = SigningKey::from_pem(key.expose(), &certificate, None, false);
    assert_eq!(short.unwrap_err(), KeyError::Length { bits: 2048, least: 3072 });
    let (_, other) = pair(2048);
    assert_eq!(SigningKey::from_pem(key.expose(), &other, None, true).unwrap_err(), KeyError::Mismatch);
}

#[test]
fn pkcs12_opens_with_its_passphrase_only() {
    let (key, certificate) = pair(2048);
    let file = Pkcs12::builder()
        .pkey(&PKey::private_key_from_pem(key.expose()).unwrap())
        .cert(&X509::from_pem(&certificate).unwrap())
        .build2("right")
        .unwrap()
        .to_der()
        .unwrap();
    assert!(SigningKey::from_pkcs12(&file, &Secret::new("right".to_owned()), true).is_ok());
    let wrong = SigningKey::from_pkcs12(&file, &Secret::new("wrong".to_owned()), true);
    assert_eq!(wrong.unwrap_err(), KeyError::UnreadablePkcs12);
}

#[test]
fn a_peer_key_needs_2048_bits() {
    let (_, good) = pair(2048);
    let (_, weak) = pair(1024);
    let der = |pem: &[u8]| X509::from_pem(pem).unwrap().to_der().unwrap();
    assert!(PeerKey::from_der(&der(&good)).unwrap().is_rsa());
    assert_eq!(PeerKey::from_der(&der(&weak)).unwrap_err(), KeyError::Length { bits: 1024, least: 2048 });
}
