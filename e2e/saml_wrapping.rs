//! Signature wrapping (A04): a signed message travels inside another that is to be acted upon. Nothing may act on either.

use crate::{
    forge::{
        self, Draft, swap,
        wrapping::{self, Position, put},
    },
    house::House,
    referee,
    saml_case::{Case, Scene, controls, form, hold, logout_form},
};

fn pairs(scene: &Scene) -> [(Draft, Draft); 2] {
    let policy = "<samlp:NameIDPolicy AllowCreate=\"true\"></samlp:NameIDPolicy>";
    let sign_on = |attributes: &[(&str, &str)]| scene.authn_request_with(attributes, policy);
    let evil_logout = scene.logout_request().with("00000000-0000", "ffffffff-ffff");
    [(sign_on(&[("ForceAuthn", "false")]), sign_on(&[])), (evil_logout, scene.logout_request())]
}

fn wrapped(scene: &Scene) -> Vec<Case> {
    let mut cases = Vec::new();
    for (at, (evil, original)) in pairs(scene).into_iter().enumerate() {
        for one in wrapping::all(&evil, &original, scene.key()) {
            let sent = if at == 0 { form(&one.xml) } else { logout_form(&one.xml) };
            cases.push(Case::new("A04", format!("{} {}", ["AuthnRequest", "LogoutRequest"][at], one.name), sent, one.reason));
        }
    }
    cases
}

fn moved(scene: &Scene) -> Vec<Case> {
    let signer = scene.key();
    let mut cases = Vec::new();
    for (at, (evil, original)) in pairs(scene).into_iter().enumerate() {
        let send = |xml: &str| if at == 0 { form(xml) } else { logout_form(xml) };
        let mut case = |name: &str, xml: &str, reason| {
            cases.push(Case::new("A04", format!("{} {name}", ["AuthnRequest", "LogoutRequest"][at]), send(xml), reason));
        };
        let signature = original.signature(signer);
        let inside = |element: &str| format!("<samlp:{element}>{signature}</samlp:{element}>");
        case("signature in Extensions", &original.enveloping(&inside("Extensions")), "signature_structure");
        case("signature in a wrapper", &original.enveloping(&inside("Wrapper")), "signature_structure");
        case("signature last", &put(&original, Position::Last, &signature), "signature_structure");
        case("signature after the root", &format!("{}{signature}", original.bare()), "signature_structure");
        case("signature before the root", &format!("{signature}{}", original.bare()), "signature_structure");
        case("two signatures, both right", &original.enveloping(&signature.repeat(2)), "signature_structure");
        let stranger = original.signature(&forge::stranger());
        case("a stranger's signature first", &original.enveloping(&format!("{stranger}{signature}")), "signature_structure");
        case("a stranger's signature last", &original.enveloping(&format!("{signature}{stranger}")), "signature_structure");
        let nested = swap(&signature, "</ds:Signature>", &format!("{signature}</ds:Signature>"));
        case("a signature inside the signature", &original.enveloping(&nested), "signature_structure");
        let signed = original.signed(signer);
        case("two roots, the signed first", &format!("{signed}{}", evil.bare()), "signature_structure");
        case("two roots, the signed last", &format!("{}{signed}", evil.bare()), "signature_structure");
        let twin = evil.bare().replace(&evil.id, &original.id);
        case("both with one id", &swap(&twin, "<saml:Issuer", &format!("{signed}<saml:Issuer")), "duplicate_id");
        let hidden = swap(&signature, &forge::key_info(signer), &format!("<ds:KeyInfo>{}</ds:KeyInfo>", original.bare()));
        case("the original in the signature's KeyInfo", &evil.enveloping(&hidden), "signature_structure");
        case(
            "a signature element of no namespace",
            &original.enveloping(&signature.replace("ds:", "").replace("xmlns:ds", "xmlns:d")),
            "unsigned",
        );
    }
    cases
}

#[tokio::test]
async fn a04_nothing_acts_on_either_message() {
    let scene = Scene::open(House::sqlite().await).await;
    hold(&scene, &wrapped(&scene)).await;
    hold(&scene, &moved(&scene)).await;
    controls(&scene).await;
}

/// The shapes are real attacks: a verifier that only follows the Reference calls their signatures right. (Shape 1 also
/// needs one that overlooks foreign children of `ds:Signature`, which xmlsec1 does not.)
#[tokio::test]
async fn a04_the_shapes_fool_a_verifier_that_only_follows_the_reference() {
    let scene = Scene::open(House::sqlite().await).await;
    let mut honest = Vec::new();
    for (evil, original) in pairs(&scene) {
        for one in wrapping::all(&evil, &original, scene.key()) {
            let known = one.name.starts_with("shape 1");
            if !known && !referee::xmlsec::verifies(&one.xml, &["AuthnRequest", "LogoutRequest"], &scene.key().certificate) {
                honest.push(one.name);
            }
        }
    }
    assert!(honest.is_empty(), "no attack at all: {honest:?}");
}
