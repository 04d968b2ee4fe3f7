//! From whom, to whom, and where the answer goes (A13, A14): every address is compared byte for byte with what was
//! registered, and a message for somebody else is refused.

use crate::{
    forge::Draft,
    house::{self, House},
    saml_case::{Case, Scene, control, controls, expect_login, form, hold, logout_form, send},
};

/// Look-alikes of the registered `https://one.test/acs`.
const HOSTILE: &[&str] = &[
    "https://evil.test/acs",
    "https://other.test/acs",
    "https://one.test.evil.test/acs",
    "https://evilone.test/acs",
    "https://evil-one.test/acs",
    "https://one.test@evil.test/acs",
    "https://one.test:443@evil.test/acs",
    "https://evil.test@one.test/acs",
    "https://@one.test/acs",
    "https://a@b@c@one.test/acs",
    "https://one.test\\@evil.test/acs",
    "https://evil.test\\@one.test/acs",
    "https://one.test\\.evil.test/acs",
    "https://one.test%40evil.test/acs",
    "https://one.test%2eevil.test/acs",
    "https://one.test/acs/",
    "https://one.test/ac",
    "https://one.test/acs2",
    "https://one.test/acs.evil",
    "https://one.test//acs",
    "https://one.test/./acs",
    "https://one.test/x/../acs",
    "https://one.test/acs/..;/acs",
    "https://one.test/..;/acs",
    "https://one.test/acs;x=y",
    "https://one.test/%61cs",
    "https://one.test/acs?",
    "https://one.test/acs?x=y",
    "https://one.test/acs#",
    "https://one.test/acs#fragment",
    "https://one.test/ACS",
    "https://ONE.test/acs",
    "HTTPS://one.test/acs",
    "https://one.test:443/acs",
    "https://one.test:8443/acs",
    "https://one.test./acs",
    "https://www.one.test/acs",
    "https://оne.test/acs",
    "https://xn--ne-emc.test/acs",
    "https://one。test/acs",
    "http://one.test/acs",
    "//one.test/acs",
    "/acs",
    "acs",
    "",
    " https://one.test/acs",
    "https://one.test/acs ",
    "https://one.test/acs&#xA;",
    "https://one.test/acs&#x9;",
    "https:/one.test/acs",
    "https:one.test/acs",
    "https://one.test/acs%00",
    "https://one.test/acs%0d%0aLocation:%20https://evil.test",
    "javascript:alert(1)",
    "data:text/html,x",
    "https://one.test/slo",
    "https://saml.one.test",
    "&lt;!--x-->https://one.test/acs",
];

fn consumers(scene: &Scene) -> Vec<Case> {
    let mut cases = Vec::new();
    for url in HOSTILE {
        let with = || scene.authn_request_with(&[("AssertionConsumerServiceURL", url)], "");
        cases.push(Case::new("A13", format!("form: {url:?}"), form(&with().signed(scene.key())), "acs_mismatch"));
        cases.push(Case::new("A13", format!("query: {url:?}"), scene.query(&with().bare()), "acs_mismatch"));
    }
    let case = |name: &str, attributes: &[(&str, &str)]| {
        Case::new("A13", name, scene.query(&scene.authn_request_with(attributes, "").bare()), "acs_mismatch")
    };
    let post = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
    cases.extend([
        case("an index that is not listed", &[("AssertionConsumerServiceIndex", "7")]),
        case("the highest index", &[("AssertionConsumerServiceIndex", "65535")]),
        case(
            "address and index, both right",
            &[("AssertionConsumerServiceIndex", "0"), ("AssertionConsumerServiceURL", "https://one.test/acs")],
        ),
        case(
            "the right address by artifact",
            &[
                ("AssertionConsumerServiceURL", "https://one.test/acs"),
                ("ProtocolBinding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"),
            ],
        ),
        case(
            "the right address by redirect",
            &[
                ("AssertionConsumerServiceURL", "https://one.test/acs"),
                ("ProtocolBinding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"),
            ],
        ),
        case(
            "the wrong address by the right binding",
            &[("AssertionConsumerServiceURL", "https://evil.test/acs"), ("ProtocolBinding", post)],
        ),
        case("an empty binding", &[("AssertionConsumerServiceURL", "https://one.test/acs"), ("ProtocolBinding", "")]),
    ]);
    cases
}

fn addressees(scene: &Scene) -> Vec<Case> {
    let mut cases = Vec::new();
    let base = &scene.house.base;
    let sound = scene.sso();
    for (name, destination) in [
        ("another host", "https://evil.test/saml/sso".to_owned()),
        ("another path", format!("{base}/saml/slo")),
        ("a slash more", format!("{sound}/")),
        ("a query more", format!("{sound}?x")),
        ("another scheme", sound.replace("http:", "https:")),
        ("another case", sound.replace("/saml", "/SAML")),
        ("without a port", "http://localhost/saml/sso".to_owned()),
        ("by address", sound.replace("localhost", "127.0.0.1")),
        ("a trailing dot", sound.replace("localhost", "localhost.")),
        ("relative", "/saml/sso".to_owned()),
        ("empty", String::new()),
        ("a space before", format!(" {sound}")),
        ("our name", "https://saml.testkommune.test".to_owned()),
    ] {
        let with = || scene.authn_request().with(&format!("Destination=\"{sound}\""), &format!("Destination=\"{destination}\""));
        cases.push(Case::new("A14", format!("form for {name}"), form(&with().signed(scene.key())), "destination"));
        cases.push(Case::new("A14", format!("query for {name}"), scene.query(&with().bare()), "destination"));
    }
    let nowhere = || scene.authn_request().with(&format!(" Destination=\"{sound}\""), "");
    cases.push(Case::new("A14", "form for nobody", form(&nowhere().signed(scene.key())), "destination"));
    cases.push(Case::new("A14", "query for nobody", scene.query(&nowhere().bare()), "destination"));
    let logout = || scene.logout_request().with("/saml/slo", "/saml/sso");
    cases.push(Case::new("A14", "logout for the sign-on address", logout_form(&logout().signed(scene.key())), "destination"));
    let nowhere = || scene.logout_request().with(&format!(" Destination=\"{}\"", scene.slo()), "");
    cases.push(Case::new("A14", "logout for nobody", logout_form(&nowhere().signed(scene.key())), "destination"));
    cases
}

fn senders(scene: &Scene) -> Vec<Case> {
    let own = format!(">{}<", scene.one.entity_id);
    let by = |name: &str, issuer: &str, reason| {
        let draft = || scene.authn_request().with(&own, &format!(">{issuer}<"));
        [
            Case::new("A14", format!("form by {name}"), form(&draft().signed(scene.key())), reason),
            Case::new("A14", format!("query by {name}"), scene.query(&draft().bare()), reason),
        ]
    };
    let entity = &scene.one.entity_id;
    let mut cases: Vec<Case> = [
        by("a stranger", "https://saml.stranger.test", "unknown_sp"),
        by("ourselves", "https://saml.testkommune.test", "unknown_sp"),
        by("a name in other case", &entity.to_uppercase(), "unknown_sp"),
        by("a name with a slash", &format!("{entity}/"), "unknown_sp"),
        by("a name with a space before", &format!(" {entity}"), "unknown_sp"),
        by("a name with a line break behind", &format!("{entity}\n"), "unknown_sp"),
        by("a name with a wide space", &format!("{entity}\u{a0}"), "unknown_sp"),
        by("a name with nothing to see in it", "https://saml.one\u{200b}.test", "unknown_sp"),
        by("a name of SQL", "' OR '1'='1", "unknown_sp"),
        by("a name of 1,025 letters", &"n".repeat(1025), "schema"),
    ]
    .into_iter()
    .flatten()
    .collect();
    // In another party's name: its keys are what counts.
    let draft = || scene.authn_request().with(&own, &format!(">{}<", scene.other.entity_id));
    cases.push(Case::new("A14", "query in another party's name", scene.query(&draft().bare()), "wrong_key"));
    cases.push(Case::new("A14", "form in another party's name", form(&draft().signed(scene.key())), "key_source"));
    cases
}

#[tokio::test]
async fn a13_answers_go_to_registered_addresses_only() {
    let scene = Scene::open(House::sqlite().await).await;
    let cases = consumers(&scene);
    assert!(cases.len() > 100, "{}", cases.len());
    hold(&scene, &cases).await;
    for attributes in [
        &[("AssertionConsumerServiceURL", "https://one.test/acs")][..],
        &[("AssertionConsumerServiceIndex", "0")],
        &[("ProtocolBinding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST")],
    ] {
        control(&scene, &scene.query(&scene.authn_request_with(attributes, "").bare())).await;
    }
    controls(&scene).await;
}

/// A signed error goes nowhere else either: what is wrong beside the address does not open it.
#[tokio::test]
async fn a13_a_fault_besides_does_not_open_another_address() {
    let scene = Scene::open(House::sqlite().await).await;
    let evil = ("AssertionConsumerServiceURL", "https://evil.test/acs");
    let drafts: [(&str, Draft); 3] = [
        ("another version", scene.authn_request_with(&[evil], "").with("Version=\"2.0\"", "Version=\"3.0\"")),
        ("nobody there", scene.authn_request_with(&[evil, ("IsPassive", "true")], "")),
        ("a policy that cannot be met", scene.authn_request_with(&[evil], "<samlp:NameIDPolicy Format=\"urn:x\"></samlp:NameIDPolicy>")),
    ];
    let cases: Vec<Case> = drafts.iter().map(|(name, draft)| Case::new("A13", *name, scene.query(&draft.bare()), "acs_mismatch")).collect();
    hold(&scene, &cases).await;
}

#[tokio::test]
async fn a14_a_message_for_or_by_somebody_else_is_refused() {
    house::on_both(async |house| {
        let scene = Scene::open(house).await;
        hold(&scene, &addressees(&scene)).await;
        hold(&scene, &senders(&scene)).await;
        controls(&scene).await;
    })
    .await;
}

/// A service that is not served any longer is told nothing, also in the middle of things (with A18).
#[tokio::test]
async fn a14_a_service_that_was_disabled_or_removed_gets_nothing() {
    house::on_both(async |house| {
        let scene = Scene::open(house).await;
        scene.house.set_enabled(&scene.one.entity_id, false).await;
        let request = || scene.query(&scene.authn_request().bare());
        let logout = || logout_form(&scene.logout_request().signed(scene.key()));
        let cases = [
            Case::new("A18", "request of a disabled service", request(), "sp_disabled"),
            Case::new("A18", "logout of a disabled service", logout(), "sp_disabled"),
        ];
        hold(&scene, &cases).await;
        scene.house.set_enabled(&scene.one.entity_id, true).await;
        controls(&scene).await;

        // Disabled, then removed, while the visitor is on the login page.
        let anna = scene.house.employee("anna").await;
        for removed in [false, true] {
            let mut visitor = scene.house.visitor();
            let page = send(&scene.house, &mut visitor, &request()).await;
            expect_login(&page);
            let page = visitor.follow(page).await;
            if removed {
                scene.house.unregister(&scene.one.entity_id).await;
            } else {
                scene.house.set_enabled(&scene.one.entity_id, false).await;
            }
            let page = anna.enter_password(&mut visitor, &page).await;
            let page = match page.find_form("/login/totp") {
                Some(_) => anna.enter_code(&mut visitor, &page, &anna.fresh_code(&scene.house)).await,
                None => page,
            };
            assert!(page.saml_form().is_none() && page.status == 400, "no answer: {}", page.describe());
            scene.house.register(&scene.one.metadata()).await;
            scene.house.set_enabled(&scene.one.entity_id, true).await;
        }
        assert_eq!(scene.house.events("saml.assertion.issued").await.len(), 0);
    })
    .await;
}
