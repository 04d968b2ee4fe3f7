//! NemLog-in's published metadata (production, integration test and development test; unchanged, as handed to service
//! providers), and what is wrong with documents that are no such thing.

use super::*;
use crate::base::clock::from_millis;
use crate::protocol::saml::sp::testimony::REQUESTED;

const PRODUCTION: &str = include_str!("../../../../../e2e/fixtures/nemlogin-oiosaml3-idp-prod.xml");
const INTEGRATION: &str = include_str!("../../../../../e2e/fixtures/nemlogin-oiosaml3-idp-inttest.xml");
const DEVELOPMENT: &str = include_str!("../../../../../e2e/fixtures/nemlogin-devtest4-idp.xml");
const OIOSAML4: &str = include_str!("../../../../../e2e/fixtures/nemlogin-oiosaml4-idp-prod.xml");
const DOTNET_SP: &str = include_str!("../../../../../e2e/fixtures/sp-oiosaml3-net.xml");

fn read(document: &str) -> Result<IdentityProvider, IdpMetadataError> {
    parse(document.as_bytes(), from_millis(1_790_000_000_000), Allow::default())
}

#[test]
fn nemlogins_published_metadata_is_read() {
    let cases = [
        (PRODUCTION, "https://saml.nemlog-in.dk", 2, "https://login.nemlog-in.dk/idp/saml/3.0/"),
        (INTEGRATION, "https://saml.test-nemlog-in.dk/", 1, "https://login.test-nemlog-in.dk/idp/saml/3.0/"),
        (DEVELOPMENT, "https://saml.test-devtest4-nemlog-in.dk", 1, "https://test-devtest4-nemlog-in.dk/idp/saml/3.0/"),
        (OIOSAML4, "https://saml.nemlog-in.dk", 2, "https://login.nemlog-in.dk/idp/saml/4.0/"),
    ];
    for (document, entity_id, keys, sso) in cases {
        let provider = read(document).unwrap();
        assert_eq!((provider.entity_id.as_str(), provider.signing.len(), provider.sso.as_str()), (entity_id, keys, sso));
        assert_eq!(provider.logout().map(|slo| slo.location.as_str()), Some(sso));
        assert!(provider.signing.iter().all(|key| key.is_rsa() && key.bits() >= 2048));
        let lists = |name: &str| provider.attributes.iter().any(|listed| listed == name);
        assert!(REQUESTED.iter().all(|(name, _)| lists(name)), "{sso} lists all that we ask for");
    }
}

#[test]
fn what_is_no_identity_provider_is_told_apart() {
    let redirect = "SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\"";
    let changed = |from: &str, to: &str| {
        assert!(INTEGRATION.contains(from), "{from}");
        read(&INTEGRATION.replace(from, to)).unwrap_err()
    };
    assert_eq!(read(DOTNET_SP.trim_start_matches('\u{feff}')).unwrap_err(), IdpMetadataError::HowMany(0));
    assert_eq!(read("<a/>").unwrap_err(), MetadataError::NotMetadata.into());
    assert_eq!(read(&format!("<!DOCTYPE a>{INTEGRATION}")).unwrap_err(), MetadataError::Doctype.into());
    assert_eq!(changed(redirect, &redirect.replace("HTTP-Redirect", "HTTP-POST")), IdpMetadataError::NoSso);
    assert_eq!(changed("SAML:2.0:protocol", "SAML:1.1:protocol"), IdpMetadataError::Protocol);
    assert_eq!(changed("use=\"signing\"", "use=\"encryption\""), MetadataError::NoSigningKey.into());
    let plain = changed("https://login", "http://login");
    assert!(matches!(plain, IdpMetadataError::Document(MetadataError::Endpoint { .. })), "{plain}");
    let expired = changed("<EntityDescriptor ", "<EntityDescriptor validUntil=\"2020-01-01T00:00:00Z\" ");
    assert!(matches!(expired, IdpMetadataError::Document(MetadataError::Expired(_))), "{expired}");
}
