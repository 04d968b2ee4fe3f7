//! The roads to MitID of a house: NemLog-in with keys of its own, asked by a service provider that shares the house's key.
//! And employees whose CPR number their workplace knows.

use std::sync::{Arc, OnceLock};

use portvagt::{
    base::{clock::from_millis, random::SystemRandom, secret::Secret},
    crypto::{
        keyring::{DecryptionKey, PeerKey, SigningKey},
        totp::TotpSecret,
    },
    domain::assurance::Level,
    protocol::{
        oidc::party::Party,
        saml::{
            metadata::Allow,
            sp::{
                idp_metadata::{self, IdentityProvider},
                question::Profile,
            },
        },
    },
    service::{
        mitid::{
            Roads,
            broker::Broker,
            nemlogin::{NemLogin, Own, Terms},
        },
        people,
    },
};

use super::{CVR, House, keyring};
use crate::actors::{Employee, KeyPair};

/// NemLog-in's entity ID.
pub const NEMLOGIN: &str = "https://saml.nemlog-in.test";
/// Where it is asked.
pub const NEMLOGIN_SSO: &str = "https://login.nemlog-in.test/idp/saml/3.0/";
/// Our entity ID as its service provider.
pub const OWN: &str = "https://saml.testkommune.test/mitid";

/// NemLog-in's key.
pub fn nemlogin_key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::named("NemLog-in of the suite"))
}

/// The metadata of an identity provider that signs with `certificate`.
pub fn idp_metadata(entity_id: &str, sso: &str, certificate: &str) -> IdentityProvider {
    let document = format!(
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{entity_id}\"><IDPSSODescriptor \
         WantAuthnRequestsSigned=\"true\" protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"><KeyDescriptor \
         use=\"signing\"><KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><X509Data><X509Certificate>{certificate}\
         </X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService \
         Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"{sso}\"/></IDPSSODescriptor></EntityDescriptor>"
    );
    idp_metadata::parse(document.as_bytes(), from_millis(0), Allow::default()).expect("metadata")
}

/// What a house asks NemLog-in for.
pub const TERMS: Terms = Terms { least: Level::Substantial, profile: Profile::Person, allow_cbc: false, skew: 180 };

/// The roads of a house: the suite's NemLog-in, or the one of the plan.
pub(super) fn roads(base: &str, other: Option<&(IdentityProvider, Terms)>, party: Option<&Party>) -> Roads {
    let broker = party.map(|party| {
        let party = Party {
            redirect_uri: format!("{base}/mitid/broker/callback"),
            logged_out_uri: format!("{base}/mitid/broker/logged-out"),
            ..party.clone()
        };
        Broker::new(party).expect("a broker")
    });
    let usual = || (idp_metadata(NEMLOGIN, NEMLOGIN_SSO, &nemlogin_key().certificate), TERMS);
    let (provider, terms) = other.cloned().unwrap_or_else(usual);
    let signing: SigningKey = keyring().active;
    let own = Own {
        entity_id: OWN.to_owned(),
        acs: format!("{base}/mitid/nemlogin/acs"),
        slo: format!("{base}/mitid/nemlogin/slo"),
        service: "Testkommune".to_owned(),
        decryption: DecryptionKey::from(&signing),
        signing,
    };
    Roads { nemlogin: Some(Arc::new(NemLogin::new(provider, own, terms))), broker }
}

/// The key that others encrypt to us with.
pub fn own_encryption_key() -> PeerKey {
    PeerKey::from_der(keyring().active.certificate_der()).expect("a key")
}

impl House {
    /// Somebody with a password, an authenticator app and a CPR number, whose identity nobody has proved.
    pub async fn known_by_cpr(&self, username: &str, cpr: &str) -> Employee {
        let mut employee = Employee::named(username);
        let newcomer = people::Newcomer {
            organisation: Some(CVR.parse().expect("a CVR number")),
            username: username.parse().expect("a user name"),
            given_name: format!("Given {username}"),
            family_name: "Prøvesen".to_owned(),
            email: None,
            persistent_uuid: None,
            cpr: Some(cpr.parse().expect("a CPR number")),
            administrator: false,
            password: Some(Secret::new(employee.password.clone())),
        };
        let (ground, by) = (&self.app.ground, self.operator());
        people::add(ground, &by, newcomer).await.expect("a person");
        let secret = TotpSecret::random(&SystemRandom);
        let name = username.parse().expect("a user name");
        let secret = people::add_totp(ground, &by, &name, "App", secret).await.expect("an app");
        employee.take_secret(&secret.to_base32());
        employee
    }
}
