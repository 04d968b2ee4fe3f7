//! What is no AuthnRequest (A12): other protocols, other roots, missing and surplus parts. Another version is told so, in a
//! signed status, once the sender is known.

use crate::{
    forge::{self, Draft, Head, SAML, SAMLP},
    house::House,
    saml_case::{Case, Scene, Sent, control, controls, form, hold, send},
};

fn no_requests(scene: &Scene) -> Vec<Case> {
    let raw = |name: &str, xml: &str| Case::new("A12", name, scene.query(xml), "schema");
    let without = |attribute: &str| {
        let draft = scene.authn_request();
        let start = draft.before.find(&format!(" {attribute}=\"")).expect("the attribute");
        let end = start + attribute.len() + 3 + draft.before[start + attribute.len() + 3..].find('"').expect("its end") + 1;
        draft.with(&draft.before[start..end], "").bare()
    };
    let changed = |from: &str, to: &str| scene.authn_request().with(from, to).bare();
    let inside = |children: &str| scene.authn_request_with(&[], children).bare();
    let with = |name: &str, value: &str| scene.authn_request_with(&[(name, value)], "").bare();
    let one = "urn:oasis:names:tc:SAML:1.0:protocol";
    let mut cases = vec![
        raw(
            "SAML 1.1",
            &format!(
                "<samlp:Request xmlns:samlp=\"{one}\" RequestID=\"_1\" MajorVersion=\"1\" MinorVersion=\"1\" IssueInstant=\"{}\"/>",
                scene.instant(0)
            ),
        ),
        raw(
            "SOAP",
            &format!(
                "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>{}</soap:Body></soap:Envelope>",
                scene.authn_request().bare()
            ),
        ),
        raw("an unknown root", "<x/>"),
        raw(
            "an unknown root of the namespace",
            &changed("samlp:AuthnRequest ", "samlp:AuthzRequest ").replace("/samlp:AuthnRequest", "/samlp:AuthzRequest"),
        ),
        raw("nothing", ""),
        raw("white space", "  \n "),
        raw("no XML", "AuthnRequest"),
        raw("half a message", &scene.authn_request().before),
        raw("another namespace", &scene.authn_request().bare().replace(SAMLP, "urn:oasis:names:tc:SAML:2.0:protocol2")),
        raw("no namespace", &scene.authn_request().bare().replace("samlp:", "").replace("xmlns:samlp", "xmlns:x")),
        raw("the issuer of another namespace", &scene.authn_request().bare().replace(SAML, "urn:x")),
        raw("no ID", &without("ID")),
        raw("no Version", &without("Version")),
        raw("no IssueInstant", &without("IssueInstant")),
        raw("an empty ID", &changed("ID=\"_msg", "ID=\"\" x=\"_msg")),
        raw("an ID with a space", &changed("ID=\"_msg", "ID=\"_m sg")),
        raw("an ID that begins with a digit", &changed("ID=\"_msg", "ID=\"1id")),
        raw("an ID with a colon", &changed("ID=\"_msg", "ID=\"a:id")),
        raw("an ID of 300 letters", &changed("ID=\"_msg", &format!("ID=\"_{}", "i".repeat(300)))),
        raw(
            "no issuer",
            &scene.authn_request().bare().replace(&format!("<saml:Issuer xmlns:saml=\"{SAML}\">{}</saml:Issuer>", scene.one.entity_id), ""),
        ),
        raw("an empty issuer", &changed(&format!(">{}<", scene.one.entity_id), "><")),
        raw("two issuers", &inside(&format!("<saml:Issuer xmlns:saml=\"{SAML}\">x</saml:Issuer>"))),
        raw("an element inside the issuer", &changed("</saml:Issuer>", "<x/></saml:Issuer>")),
        raw(
            "an issuer of another format",
            &changed(
                &format!("<saml:Issuer xmlns:saml=\"{SAML}\""),
                &format!("<saml:Issuer xmlns:saml=\"{SAML}\" Format=\"{}\"", forge::PERSISTENT),
            ),
        ),
        raw("text between the children", &changed("</saml:Issuer>", "</saml:Issuer>x")),
        raw("an unknown child", &inside("<x xmlns=\"urn:x\"></x>")),
        raw("an unknown child of the namespace", &inside("<samlp:Status></samlp:Status>")),
        raw("children in another order", &inside("<samlp:Scoping></samlp:Scoping><samlp:NameIDPolicy></samlp:NameIDPolicy>")),
        raw("two policies", &inside("<samlp:NameIDPolicy></samlp:NameIDPolicy><samlp:NameIDPolicy></samlp:NameIDPolicy>")),
        raw("a child in the policy", &inside("<samlp:NameIDPolicy><x></x></samlp:NameIDPolicy>")),
        raw("an empty context", &inside("<samlp:RequestedAuthnContext></samlp:RequestedAuthnContext>")),
        raw(
            "an unknown comparison",
            &inside(&format!(
                "<samlp:RequestedAuthnContext Comparison=\"least\"><saml:AuthnContextClassRef xmlns:saml=\"{SAML}\">x</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>"
            )),
        ),
        raw("an instant that is none", &changed("IssueInstant=\"", "IssueInstant=\"x")),
        raw("an instant with a space", &changed("T", " ")),
        raw("a logout request", &scene.logout_request().bare()),
        raw(
            "a response",
            &Draft::message(
                "Response",
                &Head { id: "_r", issuer: &scene.one.entity_id, destination: &scene.sso(), instant: &scene.instant(0) },
                &[],
                "",
            )
            .bare(),
        ),
        raw("an undefined entity", &changed("</saml:Issuer>", "&x;</saml:Issuer>")),
        raw("a control character", &changed("</saml:Issuer>", "&#1;</saml:Issuer>")),
        raw("XML 1.1", &format!("<?xml version=\"1.1\"?>{}", scene.authn_request().bare())),
    ];
    for name in ["ForceAuthn", "IsPassive"] {
        for value in ["", "yes", "TRUE", "2", "true false"] {
            cases.push(raw(&format!("{name}={value:?}"), &with(name, value)));
        }
    }
    for value in ["", "x", "-1", "65536", "99999999999999999999", "0x1"] {
        cases.push(raw(&format!("an index of {value:?}"), &with("AssertionConsumerServiceIndex", value)));
    }
    cases.push(Case::new(
        "A12",
        "a response in place of a request",
        Sent::SignOnQuery(
            "SAMLResponse=eA%3D%3D&SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256&Signature=eA%3D%3D".to_owned(),
        ),
        "deflate",
    ));
    cases.push(Case::new("A12", "an empty form", Sent::SignOnForm(String::new()), "schema"));
    cases.push(Case::new("A12", "a form of something else", Sent::SignOnForm("a=b".to_owned()), "schema"));
    cases.push(Case::new("A12", "a form that is XML itself", Sent::SignOnForm(scene.authn_request().signed(scene.key())), "schema"));
    // On the form binding the Reference is looked at first: without an ID there is nothing it could mean.
    let draft = scene.authn_request();
    let nameless = Draft { before: draft.before.replace(&format!(" ID=\"{}\"", draft.id), ""), ..draft };
    cases.push(Case::new("A12", "form: no ID", form(&nameless.signed(scene.key())), "reference"));
    cases.push(Case::new("A12", "form: an unknown root, signed", form(&scene.logout_request().signed(scene.key())), "schema"));
    cases
}

#[tokio::test]
async fn a12_only_a_request_by_the_schema_is_a_request() {
    let scene = Scene::open(House::sqlite().await).await;
    hold(&scene, &no_requests(&scene)).await;
    controls(&scene).await;
    // What the schema allows and we have no use for is passed over.
    let children =
        "<samlp:Extensions><x xmlns=\"urn:x\">y</x></samlp:Extensions><samlp:NameIDPolicy AllowCreate=\"1\"></samlp:NameIDPolicy>";
    let attributes = [("AttributeConsumingServiceIndex", "0"), ("Consent", "urn:x"), ("ForceAuthn", " 0 "), ("ProviderName", "A service")];
    control(&scene, &form(&scene.authn_request_with(&attributes, children).signed(scene.key()))).await;
}

#[tokio::test]
async fn a12_another_version_is_told_so_once_the_sender_is_known() {
    let scene = Scene::open(House::sqlite().await).await;
    for version in ["3.0", "1.1", "2.1", "2"] {
        let draft = scene.authn_request().with("Version=\"2.0\"", &format!("Version=\"{version}\""));
        for sent in [
            scene.query(&draft.bare()),
            form(&scene.authn_request().with("Version=\"2.0\"", &format!("Version=\"{version}\"")).signed(scene.key())),
        ] {
            let page = send(&scene.house, &mut scene.house.visitor(), &sent).await;
            let answer = scene.one.read(&scene.house, &page);
            assert_eq!(answer.status, ["VersionMismatch"]);
        }
    }
    let draft = scene.authn_request().with("Version=\"2.0\"", "Version=\"3.0\"");
    let unsigned = form(&draft.bare());
    hold(&scene, &[Case::new("A12", "another version, unsigned", unsigned, "unsigned")]).await;
}
