//! A maker of security keys: a root certificate, and a certificate for each model that signs for new keys (WebAuthn level 2,
//! section 8.2).

use openssl::{
    asn1::Asn1Time,
    bn::BigNum,
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    rand::rand_bytes,
    sign::Signer,
    x509::{
        X509, X509Builder, X509Name, X509NameBuilder, X509Ref,
        extension::{BasicConstraints, KeyUsage},
    },
};

/// A maker.
#[derive(Debug, Clone)]
pub struct Attestor {
    root: X509,
    key: PKey<Private>,
    leaf: X509,
    /// The model it signs for.
    pub aaguid: [u8; 16],
}

impl Attestor {
    /// A maker of that name with one model.
    pub fn named(name: &str, aaguid: [u8; 16]) -> Self {
        let (root_key, key) = (fresh_key(), fresh_key());
        let root = {
            let mut builder = builder(&subject(&[("CN", name)]), &root_key);
            builder.set_issuer_name(&subject(&[("CN", name)])).expect("an issuer");
            builder.append_extension(BasicConstraints::new().critical().ca().build().expect("constraints")).expect("constraints");
            builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build().expect("a use")).expect("a use");
            builder.sign(&root_key, MessageDigest::sha256()).expect("a signature");
            builder.build()
        };
        let parts = [("C", "DK"), ("O", name), ("OU", "Authenticator Attestation"), ("CN", "Model")];
        let mut builder = builder(&subject(&parts), &key);
        builder.set_issuer_name(X509Ref::subject_name(&root)).expect("an issuer");
        builder.append_extension(BasicConstraints::new().critical().build().expect("constraints")).expect("constraints");
        builder.sign(&root_key, MessageDigest::sha256()).expect("a signature");
        Self { root, key, leaf: builder.build(), aaguid }
    }

    /// The same maker, signing for another model.
    #[must_use]
    pub fn with_model(&self, aaguid: [u8; 16]) -> Self {
        Self { aaguid, ..self.clone() }
    }

    /// The root certificate in PEM.
    pub fn pem(&self) -> Vec<u8> {
        self.root.to_pem().expect("a PEM text")
    }

    /// The root certificate in DER.
    pub fn der(&self) -> Vec<u8> {
        self.root.to_der().expect("a DER form")
    }

    /// The certificate that goes with a signature, in DER.
    pub fn certificate(&self) -> Vec<u8> {
        self.leaf.to_der().expect("a DER form")
    }

    /// Signs for a new key.
    pub fn sign(&self, statement: &[u8]) -> Vec<u8> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).expect("a signer");
        signer.sign_oneshot_to_vec(statement).expect("a signature")
    }
}

fn fresh_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("P-256");
    PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key")
}

fn subject(parts: &[(&str, &str)]) -> X509Name {
    let mut name = X509NameBuilder::new().expect("a name");
    for (key, value) in parts {
        name.append_entry_by_text(key, value).expect("a part");
    }
    name.build()
}

fn builder(subject: &X509Name, key: &PKey<Private>) -> X509Builder {
    let mut builder = X509::builder().expect("a builder");
    let mut serial = [0; 8];
    rand_bytes(&mut serial).expect("chance");
    serial[0] &= 0x7f;
    let serial = BigNum::from_slice(&serial).and_then(|number| number.to_asn1_integer()).expect("a number");
    builder.set_version(2).expect("a version");
    builder.set_serial_number(&serial).expect("a number");
    builder.set_subject_name(subject).expect("a subject");
    builder.set_pubkey(key).expect("a key");
    builder.set_not_before(&Asn1Time::days_from_now(0).expect("a day")).expect("a day");
    builder.set_not_after(&Asn1Time::days_from_now(30).expect("a day")).expect("a day");
    builder
}
