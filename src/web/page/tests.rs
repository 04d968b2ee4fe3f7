//! Every page in both languages, with hostile values, and written to a folder for looking at when
//! `PORTVAGT_PREVIEW_DIR` names one.

use std::{fs, path::PathBuf};

use actix_web::http::header::{CONTENT_SECURITY_POLICY, RETRY_AFTER};
use jiff::Timestamp;

use super::{
    account::{
        Notice,
        activity::{Activity, Report},
        authenticators::{Authenticator, Authenticators, ConfirmRemove, Rename},
        details::{Accepted, Details, Export, Terms},
        level::{Ground, Input, WhyThisLevel},
        lock::{ConfirmLock, LockByPassword, Locked},
        overview::Overview,
        password::{ChangePassword, NotTaken},
        sessions::{Login, Sessions},
    },
    enrol::{Enrol, EnrolPasskey, EnrolTotp},
    login::{Activation, Factor, FormError, Password},
    logout::{Carry, LoggedOut, LogoutConfirm},
    mitid::{Choose, Farewell, Leave, Parted, Setback},
    open::{Accessibility, Front, Help},
    problem::{Kind, Problem},
    saml::{Carries, Post},
    *,
};
use crate::{
    domain::{
        assurance::Level,
        explanation::{self, Part, Raise},
        factor,
        mitid::{Road, Why},
        policy::WeakPassword,
        proofing::{Lapse, Method},
        role::Role,
    },
    protocol::{browser, saml::wire},
    service::activity::{Deed, Place, Who},
};

/// Shown as text everywhere, or a page is broken.
const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&";

fn frame(language: Language, signed_in: bool) -> Frame {
    Frame {
        language,
        organisation: "Testkommune".to_owned(),
        csrf: "csrf-token".to_owned(),
        here: Some("/login?flow=1&x=\"".to_owned()),
        incident: "K7QF-2M9X".to_owned(),
        signed_in: signed_in.then(|| "Anna Ærlig".to_owned()),
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn authenticator(kind: factor::Kind, name: &str, used: bool) -> Authenticator {
    Authenticator {
        id: "5f0c".to_owned(),
        kind,
        name: name.to_owned(),
        added: at("2026-01-31T23:30:00Z"),
        used: used.then(|| at("2026-07-01T10:05:00Z")),
        service: used.then(|| HOSTILE.to_owned()),
        browser: used.then(|| browser::read("Chrome/1 (Windows)")),
    }
}

/// A small drawing in the form that the QR library gives.
fn drawing() -> String {
    qrcode::QrCode::new("otpauth://totp/Portvagt:anna?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Testkommune")
        .unwrap()
        .render::<qrcode::render::svg::Color<'_>>()
        .build()
}

fn login_pages(language: Language) -> Vec<(&'static str, String)> {
    let frame = || frame(language, false);
    let password = |error, service: Option<&str>| Password {
        frame: frame(),
        flow: "f-1".to_owned(),
        service: service.map(str::to_owned),
        user_name: if error == Some(FormError::Refused) { HOSTILE.to_owned() } else { String::new() },
        help: Some(HOSTILE.to_owned()),
        error,
    };
    let factor = |totp, webauthn, error| Factor {
        frame: frame(),
        flow: "f-1".to_owned(),
        service: Some("Fagsystem Øst".to_owned()),
        user_name: "anna".to_owned(),
        totp,
        webauthn,
        error,
    };
    let activation = |error| Activation { frame: frame(), flow: "f-1".to_owned(), user_name: "anna".to_owned(), error };
    let throttled = Some(FormError::Throttled { seconds: 400 });
    vec![
        ("login-password", password(None, Some("Fagsystem Øst")).render().unwrap()),
        ("login-password-refused", password(Some(FormError::Refused), None).render().unwrap()),
        ("login-password-throttled", password(throttled, Some(HOSTILE)).render().unwrap()),
        ("login-factor-totp", factor(true, false, None).render().unwrap()),
        ("login-factor-both", factor(true, true, None).render().unwrap()),
        ("login-factor-key", factor(false, true, None).render().unwrap()),
        ("login-factor-refused", factor(true, true, Some(FormError::Refused)).render().unwrap()),
        ("login-activation", activation(None).render().unwrap()),
        ("login-activation-refused", activation(Some(FormError::Refused)).render().unwrap()),
    ]
}

fn enrol_pages(language: Language) -> Vec<(&'static str, String)> {
    let totp = |flow: &str, error| EnrolTotp {
        frame: frame(language, flow.is_empty()),
        flow: flow.to_owned(),
        post: "/login/enrol/totp/confirm".to_owned(),
        cancel: "/login/enrol?flow=f-1".to_owned(),
        qr: drawing(),
        secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".to_owned(),
        error,
    };
    let passkey = EnrolPasskey {
        frame: frame(language, true),
        flow: String::new(),
        start: "/account/passkey/start".to_owned(),
        finish: "/account/passkey/finish".to_owned(),
        cancel: "/account".to_owned(),
    };
    let enrol = Enrol { frame: frame(language, false), flow: "f-1".to_owned(), totp: true, passkey: true };
    vec![
        ("enrol", enrol.render().unwrap()),
        ("enrol-totp", totp("f-1", None).render().unwrap()),
        ("enrol-totp-refused", totp("", Some(FormError::Refused)).render().unwrap()),
        ("enrol-passkey", passkey.render().unwrap()),
    ]
}

fn account_pages(language: Language) -> Vec<(&'static str, String)> {
    let frame = || frame(language, true);
    let day = at("2026-11-23T07:00:00Z");
    let grounds = || {
        let proofing = |counts| Ground::Proofing { method: Method::InPerson, at: day, by: Who::Staff(None), counts };
        let used = Ground::Use { kind: factor::Kind::Totp, at: day, carries: Some(Level::Substantial) };
        vec![proofing(Ok(Level::High)), proofing(Err(Lapse::OtherName)), used, Ground::Organisation(HOSTILE.to_owned())]
    };
    let input = |part, level, limits| {
        let raise = Some(if limits { Raise::ProveAgain(Lapse::OtherName) } else { Raise::Notification });
        Input { judged: explanation::Input { part, level, limits, raise }, grounds: if limits { grounds() } else { vec![] } }
    };
    let overview = |level, notice, authenticators| Overview {
        frame: frame(),
        name: "Anna Ærlig".to_owned(),
        user_name: "anna".to_owned(),
        level,
        authenticators,
        logins: authenticators + 1,
        password_set: Some(at("2026-01-31T23:30:00Z")),
        mitid: level.is_none(),
        desk: level.is_none(),
        console: level.is_none(),
        notice,
    };
    let why = |level| WhyThisLevel {
        frame: frame(),
        level,
        inputs: vec![
            input(Part::Proofing, level, true),
            input(Part::Authenticators, Some(Level::Substantial), level == Some(Level::Substantial)),
            input(Part::Organisation, Some(Level::High), false),
            input(Part::Access, Some(Level::High), false),
            input(Part::Freshness, None, true),
        ],
        mitid: true,
    };
    let authenticators = Authenticators {
        frame: frame(),
        authenticators: vec![authenticator(factor::Kind::Totp, "Telefon", true), authenticator(factor::Kind::Webauthn, HOSTILE, false)],
        attached: vec![HOSTILE.to_owned(), String::new()],
        wrong: true,
        notice: Some(Notice::Added),
    };
    let remove = |last| ConfirmRemove { frame: frame(), authenticator: authenticator(factor::Kind::Totp, "Telefon", true), last };
    let rename = Rename { frame: frame(), authenticator: authenticator(factor::Kind::Webauthn, HOSTILE, true) };
    let password = |error, refused| ChangePassword { frame: frame(), user_name: "anna".to_owned(), least: 12, error, refused };
    let throttled = Some(FormError::Throttled { seconds: 30 });
    let refused = |reason| Some(NotTaken::Weak(reason));
    vec![
        ("account", overview(Some(Level::Substantial), None, 2).render().unwrap()),
        ("account-changed", overview(None, Some(Notice::PasswordChanged), 0).render().unwrap()),
        ("account-proved", overview(Some(Level::Substantial), Some(Notice::Proved), 1).render().unwrap()),
        ("account-level", why(Some(Level::Substantial)).render().unwrap()),
        ("account-no-level", why(None).render().unwrap()),
        ("account-authenticators", authenticators.render().unwrap()),
        ("account-rename", rename.render().unwrap()),
        ("account-remove", remove(false).render().unwrap()),
        ("account-remove-last", remove(true).render().unwrap()),
        ("account-password", password(None, None).render().unwrap()),
        ("account-password-wrong", password(Some(FormError::Refused), None).render().unwrap()),
        ("account-password-throttled", password(throttled, None).render().unwrap()),
        ("account-password-short", password(None, refused(WeakPassword::TooShort { least: 12 })).render().unwrap()),
        ("account-password-same", password(None, Some(NotTaken::Same)).render().unwrap()),
    ]
}

fn deed(kind: &str, who: Who, details: &[(&str, &str)]) -> Deed {
    let place = Place::from_text("1764000000000.6f1b3c1e-8a35-4c0f-9d0c-3a5b8a5f0a11").unwrap();
    Deed {
        place,
        at: at("2026-11-24T07:00:00Z"),
        kind: kind.to_owned(),
        who,
        service: Some(HOSTILE.to_owned()),
        address: Some(HOSTILE.to_owned()),
        browser: Some(browser::read("Firefox/1 (X11; Linux)")),
        incident: "K7QF-2M9X".to_owned(),
        details: details.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

fn own_things(language: Language) -> Vec<(&'static str, String)> {
    let frame = || frame(language, true);
    let login = |current| Login {
        id: "s-1".to_owned(),
        browser: browser::read(if current { "Safari/1 (iPhone)" } else { HOSTILE }),
        address: if current { String::new() } else { HOSTILE.to_owned() },
        started: at("2026-11-23T07:00:00Z"),
        used: at("2026-11-23T15:00:00Z"),
        services: if current { vec![] } else { vec!["Fagsystem Øst".to_owned(), HOSTILE.to_owned()] },
        current,
    };
    let activity =
        |deeds, older: Option<&str>| Activity { frame: frame(), deeds, older: older.map(str::to_owned), newest: older.is_none() };
    let deeds = vec![
        deed("login.succeeded", Who::Oneself, &[]),
        deed("login.failed", Who::Somebody, &[("reason", "wrong_password")]),
        deed("authenticator.added", Who::Staff(Some(Role::Registrant)), &[("kind", "totp")]),
        deed("person.added", Who::Administrator, &[]),
        deed("saml.assertion.issued", Who::Service, &[]),
        deed("never.heard.of", Who::Portvagt, &[]),
    ];
    let locked = |misuse| Locked { frame: frame(), misuse, contact: HOSTILE.to_owned(), incident: "K7QF-2M9X".to_owned() };
    let by_password = |error| LockByPassword { frame: frame(), flow: "f-1".to_owned(), user_name: HOSTILE.to_owned(), error };
    let accepted = Accepted { version: 2, at: at("2026-11-23T07:00:00Z") };
    let details = Details {
        frame: frame(),
        name: HOSTILE.to_owned(),
        user_name: "anna".to_owned(),
        email: Some(HOSTILE.to_owned()),
        accepted: vec![accepted],
        notice: Some(Notice::Language),
    };
    let terms = Terms { frame: frame(), accepted, paragraphs: vec![HOSTILE.to_owned(), "To".to_owned()] };
    vec![
        ("sessions", Sessions { frame: frame(), logins: vec![login(true), login(false)], notice: Some(Notice::Ended) }.render().unwrap()),
        ("activity", activity(deeds, None).render().unwrap()),
        ("activity-older", activity(vec![], Some("1.2")).render().unwrap()),
        ("report", Report { frame: frame(), deed: deed("login.failed", Who::Somebody, &[]) }.render().unwrap()),
        ("terms", terms.render().unwrap()),
        ("details", details.render().unwrap()),
        ("export", Export { frame: frame() }.render().unwrap()),
        ("lock", ConfirmLock { frame: frame() }.render().unwrap()),
        ("lock-by-password", by_password(Some(FormError::Refused)).render().unwrap()),
        ("locked", locked(false).render().unwrap()),
        ("locked-misuse", locked(true).render().unwrap()),
    ]
}

fn problems(language: Language) -> Vec<(&'static str, String)> {
    let kinds = [
        ("problem-bad-request", Kind::BadRequest { reason: "bad_signature".to_owned() }),
        ("problem-mitid-refused", Kind::MitidRefused { reason: "audience" }),
        ("problem-not-found", Kind::NotFound),
        ("problem-forbidden", Kind::Forbidden),
        ("problem-method", Kind::MethodNotAllowed),
        ("problem-too-large", Kind::TooLarge),
        ("problem-too-slow", Kind::TooSlow),
        ("problem-throttled", Kind::Throttled { seconds: 65 }),
        ("problem-flow-gone", Kind::FlowGone),
        ("problem-login-refused", Kind::LoginRefused),
        ("problem-unavailable", Kind::Unavailable),
        ("problem-internal", Kind::Internal),
    ];
    let page = |kind| Problem { frame: frame(language, false), kind, incident: "K7QF-2M9X".to_owned() };
    kinds.into_iter().map(|(name, kind)| (name, page(kind).render().unwrap())).collect()
}

fn mitid_pages(language: Language) -> Vec<(&'static str, String)> {
    let choose = |why, roads, setback| Choose { frame: frame(language, false), flow: "f-1".to_owned(), why, roads, setback };
    let both = || vec![Road::Nemlogin, Road::Broker];
    let fields = vec![("id_token_hint".to_owned(), HOSTILE.to_owned())];
    let action = "https://broker.example.dk/logout".to_owned();
    let farewell = Farewell { frame: frame(language, false), action, fields, next: "/mitid/broker/logged-out?state=f-1".to_owned() };
    let url = "https://login.example.dk/idp?SAMLRequest=a%2B&x=\"".to_owned();
    vec![
        ("mitid", choose(Why::Raise, vec![Road::Nemlogin], None).render().unwrap()),
        ("mitid-two-roads", choose(Why::Activation, both(), None).render().unwrap()),
        ("mitid-no-road", choose(Why::Password, vec![], None).render().unwrap()),
        ("mitid-cancelled", choose(Why::Factor, both(), Some(Setback::Cancelled)).render().unwrap()),
        ("mitid-other-person", choose(Why::Unlock, vec![Road::Broker], Some(Setback::OtherPerson)).render().unwrap()),
        ("mitid-farewell", farewell.render().unwrap()),
        (
            "mitid-parted",
            Parted { frame: frame(language, false), url: url.clone(), next: "/account?done=proved".to_owned() }.render().unwrap(),
        ),
        ("mitid-leave", Leave { frame: frame(language, false), road: Road::Nemlogin, url }.render().unwrap()),
    ]
}

fn other_pages(language: Language) -> Vec<(&'static str, String)> {
    let frame = || frame(language, false);
    let contact = || "Servicedesk, 70 00 00 00, servicedesk@testkommune.example".to_owned();
    let logged_out = |services, back| LoggedOut { frame: frame(), services, back };
    let form = wire::PostForm {
        action: "https://sp.example.dk/slo".to_owned(),
        parameter: "SAMLRequest",
        message: "PHNhbWw+".to_owned(),
        relay_state: Some(HOSTILE.to_owned()),
    };
    let url = || wire::Delivery::Redirect("https://sp.example.dk/slo?SAMLRequest=a&RelayState=b".to_owned());
    let posted = || wire::Delivery::Post(form.clone());
    let carry = |delivery| Carry::of(frame(), delivery, HOSTILE.to_owned(), "/logout/services?logout=1&said=2".to_owned());
    let left = || vec!["Fagsystem Øst".to_owned(), HOSTILE.to_owned()];
    vec![
        ("logged-out", logged_out(vec![], None).render().unwrap()),
        ("logged-out-services", logged_out(left(), None).render().unwrap()),
        ("logged-out-back", logged_out(left(), Some((url(), HOSTILE.to_owned()))).render().unwrap()),
        ("logged-out-back-posted", logged_out(left(), Some((posted(), HOSTILE.to_owned()))).render().unwrap()),
        ("logout-services", carry(url()).render().unwrap()),
        ("logout-services-posted", carry(posted()).render().unwrap()),
        ("logout-confirm", LogoutConfirm { frame: frame(), cancel: "/account".to_owned() }.render().unwrap()),
        ("saml-post", post(language).render().unwrap()),
        ("front", Front { frame: frame() }.render().unwrap()),
        ("help", Help { frame: frame(), contact: contact() }.render().unwrap()),
        ("accessibility", Accessibility { frame: frame(), contact: contact() }.render().unwrap()),
    ]
}

fn post(language: Language) -> Post {
    Post {
        frame: Frame::open(language, "Testkommune"),
        action: "https://sp.example.dk/acs?a=1&b=2".to_owned(),
        carries: Carries::Response,
        message: "PHNhbWw+".to_owned(),
        relay_state: Some(HOSTILE.to_owned()),
        service: None,
    }
}

fn all(language: Language) -> Vec<(&'static str, String)> {
    [login_pages, enrol_pages, account_pages, own_things, mitid_pages, problems, other_pages]
        .into_iter()
        .flat_map(|pages| pages(language))
        .collect()
}

#[test]
fn every_page_renders_in_both_languages() {
    for language in Language::ALL {
        for (name, html) in all(language) {
            assert!(html.starts_with("<!DOCTYPE html>"), "{name}");
            assert!(html.contains(&format!("<html lang=\"{}\">", language.tag())), "{name}");
            assert!(!html.contains("<img"), "{name} lets markup through");
            for inline in ["style=\"", "<style", "onclick", "javascript:", "<script>", "http://", "{{", "{%"] {
                let html = html.replace("http://www.w3.org/2000/svg", "");
                assert!(!html.contains(inline), "{name} has {inline}");
            }
            let visible = html.split("<main").nth(1).unwrap();
            let title = html.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap();
            assert!(visible.contains("<h1") && title.ends_with("– Testkommune"), "{name}: {title}");
            if let Some(folder) = std::env::var_os("PORTVAGT_PREVIEW_DIR") {
                let folder = PathBuf::from(folder);
                fs::create_dir_all(&folder).unwrap();
                fs::write(folder.join(format!("{name}-{}.html", language.tag())), html).unwrap();
            }
        }
    }
}

#[test]
fn the_secret_is_shown_in_fours_and_the_drawing_without_its_prolog() {
    let (_, html) = enrol_pages(Language::Da).remove(1);
    assert!(html.contains("<span>JBSW</span> <span>Y3DP</span>"));
    assert!(html.contains("<svg") && !html.contains("<?xml"));
}

#[test]
fn moments_are_danish_time_summer_and_winter() {
    let [danish, english] = Language::ALL.map(|language| frame(language, false));
    assert_eq!(danish.moment(&at("2026-01-31T23:30:00Z")), "1. februar 2026 kl. 00.30");
    assert_eq!(english.moment(&at("2026-07-01T10:05:00Z")), "1 July 2026 at 12:05");
}

#[test]
fn waits_are_told_in_plain_words() {
    let frame = frame(Language::Da, false);
    for (seconds, words) in [(0, "et sekund"), (1, "et sekund"), (89, "89 sekunder"), (90, "2 minutter"), (121, "3 minutter")] {
        assert_eq!(frame.wait(&seconds), words);
    }
}

#[test]
fn answers_carry_status_policy_and_retry() {
    let problem = |kind| Problem { frame: frame(Language::En, false), kind, incident: "K7QF-2M9X".to_owned() }.answer();
    let throttled = problem(Kind::Throttled { seconds: 65 });
    assert_eq!(throttled.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(throttled.headers().get(RETRY_AFTER).unwrap(), "65");
    assert_eq!(problem(Kind::Internal).status(), StatusCode::INTERNAL_SERVER_ERROR);
    let answer = post(Language::Da).answer();
    let policy = answer.headers().get(CONTENT_SECURITY_POLICY).unwrap().to_str().unwrap();
    assert!(policy.contains("form-action 'self' https://sp.example.dk;"), "{policy}");
}
