//! The redirect binding (A02): parameters twice, re-encoded, re-ordered or hidden. The signature covers the octets as sent.

use crate::{
    actors::SamlService,
    forge,
    house::House,
    saml_case::{Case, Scene, Sent, control, controls, hold},
};

fn parameters(scene: &Scene) -> Vec<Case> {
    let state = "a b+c/d=é";
    let fresh = || forge::query(&scene.authn_request().bare(), Some(state), scene.key());
    let case = |name: &str, query: String, reason| Case::new("A02", name, Sent::SignOnQuery(query), reason);
    let evil = forge::query(&scene.authn_request().bare(), None, &scene.other.signing);
    let evil_message = evil.split('&').next().expect("a message").to_owned();
    let lower = |query: &str| {
        let mut out = String::new();
        let mut rest = query;
        while let Some((before, after)) = rest.split_once('%') {
            out.push_str(before);
            out.push('%');
            out.push_str(&after[..2].to_ascii_lowercase());
            rest = &after[2..];
        }
        out + rest
    };
    let part =
        |query: &str, name: &str| query.split('&').find(|pair| pair.starts_with(&format!("{name}="))).expect("the parameter").to_owned();
    let joined = |query: &str, names: &[&str]| names.iter().map(|name| part(query, name)).collect::<Vec<_>>().join("&");
    let mut cases = Vec::new();
    for name in ["SAMLRequest", "RelayState", "SigAlg", "Signature"] {
        let query = fresh();
        cases.push(case(&format!("{name} twice, the same"), format!("{query}&{}", part(&query, name)), "duplicate_parameter"));
        cases.push(case(&format!("{name} twice, another behind"), format!("{query}&{name}=x"), "duplicate_parameter"));
        cases.push(case(&format!("{name} twice, another before"), format!("{name}=x&{query}"), "duplicate_parameter"));
        cases.push(case(&format!("{name} twice, empty"), format!("{query}&{name}"), "duplicate_parameter"));
    }
    let escaped_name = |name: &str| format!("%{:02X}{}", name.as_bytes()[0], &name[1..]);
    for name in ["SAMLRequest", "RelayState", "SigAlg", "Signature"] {
        cases.push(case(&format!("{name} twice, once in escapes"), format!("{}&{}=x", fresh(), escaped_name(name)), "duplicate_parameter"));
    }
    cases.extend([
        case("another party's request first", format!("{evil_message}&{}", fresh()), "duplicate_parameter"),
        case("another party's request last", format!("{}&{evil_message}", fresh()), "duplicate_parameter"),
        case("request and response", format!("{}&SAMLResponse=x", fresh()), "duplicate_parameter"),
        case("response and request", format!("SAMLResponse=x&{}", fresh()), "duplicate_parameter"),
        case("escapes in lower case", lower(&fresh()), "bad_signature"),
        case("a space as %20 became +", fresh().replacen("%20", "+", 1), "bad_signature"),
        case("an escape that was none", fresh().replacen("RelayState=a", "RelayState=%61", 1), "bad_signature"),
        case(
            "a message with the request of another signature",
            {
                let query = fresh();
                format!("{}&{}", part(&fresh(), "SAMLRequest"), joined(&query, &["RelayState", "SigAlg", "Signature"]))
            },
            "bad_signature",
        ),
        case(
            "relay state taken off",
            {
                let query = fresh();
                joined(&query, &["SAMLRequest", "SigAlg", "Signature"])
            },
            "bad_signature",
        ),
        case(
            "relay state put on",
            {
                let query = forge::query(&scene.authn_request().bare(), None, scene.key());
                format!("{query}&RelayState=x")
            },
            "bad_signature",
        ),
        case(
            "relay state emptied",
            {
                let query = fresh();
                query.replacen(&part(&query, "RelayState"), "RelayState=", 1)
            },
            "bad_signature",
        ),
        case(
            "a second request inside the relay state",
            {
                let query = fresh();
                let inside = format!("RelayState=x%26{}", evil_message.replace('%', "%25"));
                query.replacen(&part(&query, "RelayState"), &inside, 1)
            },
            "bad_signature",
        ),
        case(
            "signed in another order than the profile's",
            {
                // What OpenSAML's neighbours once signed: the parameters as they happened to stand.
                let query = fresh();
                let signed = joined(&query, &["RelayState", "SAMLRequest", "SigAlg"]);
                let value = openssl::base64::encode_block(&forge::sign(scene.key(), signed.as_bytes()));
                format!("{signed}&Signature={}", forge::escaped(&value))
            },
            "bad_signature",
        ),
        case("an unknown coding", format!("{}&SAMLEncoding=urn%3Ax", fresh()), "deflate"),
        case("no parameters", String::new(), "schema"),
        case("separated by semicolons", fresh().replace('&', ";"), "unsigned"),
    ]);
    cases
}

#[tokio::test]
async fn a02_what_was_signed_is_what_is_read() {
    let scene = Scene::open(House::sqlite().await).await;
    hold(&scene, &parameters(&scene)).await;
    controls(&scene).await;
    let fresh = |state| forge::query(&scene.authn_request().bare(), Some(state), scene.key());
    control(&scene, &Sent::SignOnQuery(fresh("a b+c/d=é"))).await;
    // A parameter of no meaning here changes nothing; neither does the order in which they came (SAML bindings 3.4.4.1).
    control(&scene, &Sent::SignOnQuery(format!("utm=x&{}&y", fresh("s")))).await;
    let query = fresh("s");
    let mut parts: Vec<&str> = query.split('&').collect();
    parts.reverse();
    control(&scene, &Sent::SignOnQuery(parts.join("&"))).await;
}

/// An address whose own query has the binding's names could smuggle a second message in.
#[tokio::test]
async fn a02_addresses_with_the_bindings_own_parameters_cannot_be_registered() {
    use portvagt::service::clients::{self, Registration};
    let house = House::sqlite().await;
    let register = async |metadata: String| {
        clients::save(&house.app.ground, &house.operator(), metadata.as_bytes(), Registration::default()).await.map(drop)
    };
    let mut wrong = Vec::new();
    for name in ["SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature", "saml%52esponse", "SAML%52esponse"] {
        for address in ["acs", "slo"] {
            let mut party = SamlService::named("smuggler");
            let hostile = format!("https://smuggler.test/x?a=b&{name}=c");
            match address {
                "acs" => party.acs = vec![hostile],
                _ => party.slo = Some(hostile),
            }
            if register(party.metadata()).await.is_ok() && name != "saml%52esponse" {
                wrong.push(format!("{address} with {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "registered: {wrong:?}");
    let mut party = SamlService::named("honest");
    party.acs = vec!["https://honest.test/acs?tenant=1".to_owned()];
    register(party.metadata()).await.expect("a query of its own");
}
