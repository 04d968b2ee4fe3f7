//! Taking an identity into use: an invitation opens the way and gives nothing; MitID of the right person or a code from the
//! desk proves who it is; terms, password and second factor follow. What is broken off gains nothing (security cases B13, B14).

use portvagt::{
    domain::{
        assurance::Level,
        flow::Identify,
        mitid::{Proved, Road, Said},
    },
    service::{
        activation::{self, Next, Refusal},
        login::{self, Held},
        proofing,
    },
};
use reqwest::Method;
use url::Url;

use crate::{
    actors::{Employee, SamlService},
    house::{House, at_once, on_both},
    login_enumeration::seen,
    visitor::{Page, Visitor},
};

/// The CPR number of whoever is invited here.
pub const CPR: &str = "010180-1234";

/// Somebody who was invited and has done nothing yet.
pub struct Invited {
    /// What they log in with.
    pub username: String,
    /// The code of the letter.
    pub code: String,
}

impl Invited {
    /// A fresh one, with a CPR number of their own.
    pub async fn new(house: &House, username: &str) -> Self {
        let number = house.count("SELECT COUNT(*) FROM people").await + 1000;
        Self::with_cpr(house, username, &format!("0101{:02}-{number}", number % 90 + 10)).await
    }

    /// A fresh one with that CPR number.
    pub async fn with_cpr(house: &House, username: &str, cpr: &str) -> Self {
        house.stranger(username, cpr).await;
        Self { username: username.to_owned(), code: house.invitation(username).await }
    }

    /// Opens the address in the letter.
    pub async fn arrive(&self, house: &House, visitor: &mut Visitor) -> Page {
        let page = visitor.open(house.url("/activate")).await;
        assert!(page.find_form("/activate/open").is_some(), "{}", page.describe());
        page
    }

    /// Types what stands in the letter.
    pub async fn open(&self, visitor: &mut Visitor, page: &Page) -> Page {
        visitor.submit_form(page, "/activate/open", &[("user_name", &self.username), ("code", &self.code)]).await
    }

    /// To the page where they show who they are.
    pub async fn at_proof(&self, house: &House, visitor: &mut Visitor) -> Page {
        let page = self.arrive(house, visitor).await;
        let page = self.open(visitor, &page).await;
        assert!(page.find_form("/activate/code").is_some(), "{}", page.describe());
        page
    }
}

/// The flow the browser is at.
pub fn held(visitor: &Visitor, page: &Page) -> Held {
    let id = page.url.query_pairs().find(|(name, _)| name == "flow").expect("a flow").1.into_owned();
    let cookie = visitor.cookies.value(&format!("__Host-flow-{}", &id[..8])).expect("its cookie");
    Held::of_cookie(id.parse().expect("an id"), cookie).expect("a flow")
}

/// What comes of MitID proving this number at this level, in this browser: by the act behind both roads.
pub async fn prove(
    house: &House,
    visitor: &mut Visitor,
    page: &Page,
    (cpr, level, name): (&str, Level, Option<&str>),
) -> Result<Page, Refusal> {
    let (ground, held) = (&house.app.ground, held(visitor, page));
    let flow = login::open::<Identify>(ground, &held).await.expect("a flow");
    let said = Said {
        cpr: cpr.parse().expect("a CPR number"),
        level,
        name: name.map(str::to_owned),
        road: Road::Nemlogin,
        issuer: "https://saml.nemlog-in.test".to_owned(),
        reference: "_assertion-1".to_owned(),
        at: ground.clock.now(),
    };
    let nobody = portvagt::service::ground::Visitor {
        incident: house.operator().incident,
        address: "127.0.0.1".parse().expect("an address"),
        user_agent: String::new(),
        device: None,
    };
    match activation::identified(ground, (&flow, &held), &Proved::attest(said), &nobody).await? {
        Next::On(held) => {
            let here = Url::parse(&house.base).expect("an address");
            visitor.cookies.set(&here, &format!("__Host-flow-{}", &held.id.to_string()[..8]), &held.to_cookie());
            Ok(visitor.open(house.url(&format!("/activate?flow={}", held.id))).await)
        }
        Next::In(entered) => {
            let here = Url::parse(&house.base).expect("an address");
            visitor.cookies.set(&here, "__Host-session", &entered.session.to_text());
            Ok(visitor.open(house.url("/account")).await)
        }
        Next::Unlocked => Ok(visitor.open(house.url("/logged-out")).await),
    }
}

/// Password and app, to the person's own page.
pub async fn settle(house: &House, visitor: &mut Visitor, page: &Page, username: &str) -> Employee {
    let mut who = Employee::named(username);
    let page = who.choose_password(visitor, page).await;
    let page = visitor.submit_form(&page, "/login/enrol/totp", &[]).await;
    let page = who.enrol_app(house, visitor, &page).await;
    who.expect_home(&page);
    who
}

#[tokio::test]
async fn the_first_day_with_mitid() {
    on_both(|house| async move {
        house.publish_terms().await;
        let nina = Invited::with_cpr(&house, "nina", CPR).await;
        let mut visitor = house.visitor();
        let page = nina.at_proof(&house, &mut visitor).await;
        let page = prove(&house, &mut visitor, &page, (CPR, Level::Substantial, Some("Given nina Prøvesen"))).await.expect("identified");
        assert!(page.body.contains("Pas godt på din adgang"), "{}", page.describe());
        let page = visitor.submit_form(&page, "/activate/terms", &[]).await;
        assert!(visitor.cookies.value("__Host-session").is_none(), "no session before both factors");
        let who = settle(&house, &mut visitor, &page, "nina").await;

        let person = house.person("nina").await;
        assert_eq!(proofing::identity(&house.app.ground, &person).await.unwrap(), Some(Level::Substantial));
        for kind in
            ["invitation.used", "identification.succeeded", "identity.proved", "terms.accepted", "identity.activated", "login.succeeded"]
        {
            let events = house.events(kind).await;
            assert_eq!((events.len(), events[0].subject.clone()), (1, Some(person.id.to_string())), "{kind}");
        }
        assert_eq!(house.count("SELECT COUNT(*) FROM outbox WHERE notice = 'activated'").await, 1);
        let service = SamlService::at(&house, "service").await;
        let mut other = house.visitor();
        let page = service.send(&house, &mut other, &service.request(&house)).await;
        let page = who.log_in(&house, &mut other, &page).await;
        assert_eq!(service.read(&house, &page).assertion().level(), "Substantial");
    })
    .await;
}

#[tokio::test]
async fn somebody_else_s_mitid_activates_nothing() {
    on_both(|house| async move {
        let nina = Invited::with_cpr(&house, "nina", CPR).await;
        house.stranger("olav", "020280-1234").await;
        let mut visitor = house.visitor();
        let page = nina.at_proof(&house, &mut visitor).await;
        for (cpr, name, reason) in
            [("020280-1234", None, "other_cpr"), ("311299-9999", None, "other_cpr"), (CPR, Some("Somebody Else"), "other_name")]
        {
            let refused = prove(&house, &mut visitor, &page, (cpr, Level::High, name)).await;
            assert!(matches!(refused, Err(Refusal::Unmatched)), "{refused:?}");
            let event = &house.new_events("identification.refused").await[0];
            assert_eq!(event.details["reason"], reason);
            assert!(!format!("{event:?}").contains("1234") || !format!("{event:?}").contains(&cpr[..6]), "no CPR number in the trail");
        }
        assert_eq!(house.count("SELECT COUNT(*) FROM proofings").await, 0);
        assert!(visitor.cookies.value("__Host-session").is_none());
        // The control: the right one, in the same flow.
        let page = prove(&house, &mut visitor, &page, (CPR, Level::Substantial, None)).await.expect("identified");
        settle(&house, &mut visitor, &page, "nina").await;
    })
    .await;
}

#[tokio::test]
async fn the_first_day_with_a_code_from_the_desk() {
    on_both(|house| async move {
        let nina = Invited::new(&house, "nina").await;
        let mut visitor = house.visitor();
        let page = nina.at_proof(&house, &mut visitor).await;
        let wrong = visitor.submit_form(&page, "/activate/code", &[("code", &nina.code)]).await;
        assert_eq!(wrong.status, 401, "an invitation is no proof: {}", wrong.describe());
        let code = house.activation_code("nina").await;
        let page = visitor.submit_form(&wrong, "/activate/code", &[("code", &code)]).await;
        settle(&house, &mut visitor, &page, "nina").await;
        assert_eq!(house.count("SELECT COUNT(*) FROM proofings").await, 0, "a code is no proof of identity by itself");
    })
    .await;
}

#[tokio::test]
async fn an_invitation_opens_one_activation_at_a_time_and_looking_spends_nothing() {
    on_both(|house| async move {
        let nina = Invited::new(&house, "nina").await;
        for _ in 0..3 {
            let mut scanner = house.visitor();
            scanner.open(house.url("/activate")).await;
            let url = house.url("/activate").parse().unwrap();
            scanner.send(Method::HEAD, &url, None, &[], Vec::new()).await;
        }
        let mut visitors = Vec::new();
        for _ in 0..50 {
            let mut visitor = house.visitor();
            let page = nina.arrive(&house, &mut visitor).await;
            visitors.push((visitor, page));
        }
        let pages = at_once(visitors.iter_mut().map(|(visitor, page)| nina.open(visitor, page))).await;
        assert!(visitors.iter().all(|(visitor, _)| visitor.cookies.value("__Host-session").is_none()));
        let mut alive = 0;
        for ((visitor, begun), page) in visitors.iter_mut().zip(pages) {
            let again = visitor.open(&begun.url).await;
            assert!(again.status == 400 || again.find_form("/activate/code").is_some(), "{}\n{}", page.describe(), again.describe());
            alive += usize::from(again.status == 200);
        }
        assert_eq!(alive, 1, "fifty at once are one");
    })
    .await;
}

#[tokio::test]
async fn an_invitation_dies() {
    on_both(|house| async move {
        let refused = async |invited: &Invited, what: &str| {
            let mut visitor = house.visitor();
            let page = invited.arrive(&house, &mut visitor).await;
            let page = invited.open(&mut visitor, &page).await;
            assert_eq!(page.status, 401, "{what}: {}", page.describe());
        };
        let spent = Invited::with_cpr(&house, "aage", CPR).await;
        let mut visitor = house.visitor();
        let page = spent.at_proof(&house, &mut visitor).await;
        let page = prove(&house, &mut visitor, &page, (CPR, Level::Substantial, None)).await.expect("identified");
        settle(&house, &mut visitor, &page, "aage").await;
        refused(&spent, "in use").await;
        let replaced = Invited::new(&house, "bodil").await;
        let newer = Invited { code: house.invitation("bodil").await, ..Invited { username: "bodil".to_owned(), code: String::new() } };
        refused(&replaced, "a newer one").await;
        newer.at_proof(&house, &mut house.visitor()).await;
        let outdated = Invited::new(&house, "carl").await;
        house.advance(1);
        house.set_password("carl", "seven green kettles").await.unwrap();
        refused(&outdated, "a new password").await;
        let locked = Invited::new(&house, "dorit").await;
        house.suspend("dorit").await;
        refused(&locked, "a lock").await;
        let (theirs, mine) = (Invited::new(&house, "erik").await, Invited::new(&house, "fie").await);
        refused(&Invited { username: theirs.username.clone(), code: mine.code.clone() }, "somebody else's").await;
        mine.at_proof(&house, &mut house.visitor()).await;
        let late = Invited::new(&house, "gitte").await;
        house.advance(14 * 24 * 3600);
        refused(&late, "its time").await;
    })
    .await;
}

#[tokio::test]
async fn an_active_identity_is_not_invited_and_gains_no_factor() {
    on_both(|house| async move {
        let nina = Invited::new(&house, "nina").await;
        let mut visitor = house.visitor();
        let page = nina.at_proof(&house, &mut visitor).await;
        // Meanwhile an operator attaches an app.
        let secret = portvagt::crypto::totp::TotpSecret::random(&portvagt::base::random::SystemRandom);
        let name = "nina".parse().unwrap();
        portvagt::service::people::add_totp(&house.app.ground, &house.operator(), &name, "App", secret).await.unwrap();
        let code = house.activation_code("nina").await;
        let page = visitor.submit_form(&page, "/activate/code", &[("code", &code)]).await;
        assert_eq!(page.status, 401, "{}", page.describe());
        let person = house.person("nina").await;
        let channel = portvagt::domain::invitation::Channel::Letter;
        let again = activation::invitation::invite(&house.app.ground, &house.operator(), &person, channel).await;
        assert!(again.is_err(), "{again:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_broken_off_gains_nothing_and_goes_on_later() {
    on_both(|house| async move {
        let nina = Invited::with_cpr(&house, "nina", CPR).await;
        let mut visitor = house.visitor();
        let page = nina.at_proof(&house, &mut visitor).await;
        let page = prove(&house, &mut visitor, &page, (CPR, Level::Substantial, None)).await.expect("identified");
        // Left there; the evidence stays, nobody is logged in.
        house.advance(3600);
        let gone = visitor.open(&page.url).await;
        assert_eq!(gone.status, 400, "{}", gone.describe());
        assert_eq!(house.count("SELECT COUNT(*) FROM proofings WHERE state = 'valid'").await, 1);
        assert_eq!(house.count("SELECT COUNT(*) FROM sessions").await + house.count("SELECT COUNT(*) FROM passwords").await, 0);
        // Again with the same letter, to the password; and once more, in another browser.
        let mut first = house.visitor();
        let page = nina.at_proof(&house, &mut first).await;
        let page = prove(&house, &mut first, &page, (CPR, Level::Substantial, None)).await.expect("identified");
        let mut who = Employee::named("nina");
        let enrol = who.choose_password(&mut first, &page).await;
        assert!(first.cookies.value("__Host-session").is_none() && enrol.find_form("/login/enrol/totp").is_some(), "{}", enrol.describe());
        house.advance(60);
        let mut second = house.visitor();
        let page = nina.at_proof(&house, &mut second).await;
        let ended = first.open(&enrol.url).await;
        assert_eq!(ended.status, 400, "the half in the first browser is over: {}", ended.describe());
        // Whoever has the letter has not what was proved with it before.
        assert!(page.find_form("/activate/password").is_none(), "{}", page.describe());
        let refused = prove(&house, &mut second, &page, ("020280-1234", Level::Substantial, None)).await;
        assert!(refused.is_err(), "{refused:?}");
        let page = prove(&house, &mut second, &page, (CPR, Level::Substantial, None)).await.expect("identified");
        who.password = "eight yellow kettles".to_owned();
        let who = {
            let page = who.choose_password(&mut second, &page).await;
            let page = second.submit_form(&page, "/login/enrol/totp", &[]).await;
            let page = who.enrol_app(&house, &mut second, &page).await;
            who.expect_home(&page);
            who
        };
        assert_eq!(house.count("SELECT COUNT(*) FROM proofings WHERE state = 'valid'").await, 3, "every proof is kept");
        assert_eq!(house.events("identity.activated").await.len(), 1);
        // Now it is in use, and the letter opens nothing.
        let mut third = house.visitor();
        let page = nina.arrive(&house, &mut third).await;
        assert_eq!(nina.open(&mut third, &page).await.status, 401);
        house.advance(60);
        let page = house.login_page(&mut third).await;
        let page = who.log_in(&house, &mut third, &page).await;
        assert_eq!(page.status, 200, "{}", page.describe());
    })
    .await;
}

/// A password alone enrols nothing: without the letter a code from the desk is asked for.
#[tokio::test]
async fn whoever_stopped_after_the_password_may_go_on_with_a_code() {
    on_both(|house| async move {
        let nina = Invited::with_cpr(&house, "nina", CPR).await;
        let mut visitor = house.visitor();
        let page = nina.at_proof(&house, &mut visitor).await;
        let page = prove(&house, &mut visitor, &page, (CPR, Level::Substantial, None)).await.expect("identified");
        let mut who = Employee::named("nina");
        who.choose_password(&mut visitor, &page).await;
        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        let page = who.enter_password(&mut visitor, &page).await;
        let code = house.activation_code("nina").await;
        let page = visitor.submit_form(&page, "/login/activation", &[("code", &code)]).await;
        let page = visitor.submit_form(&page, "/login/enrol/totp", &[]).await;
        let page = who.enrol_app(&house, &mut visitor, &page).await;
        who.expect_home(&page);
    })
    .await;
}

#[tokio::test]
async fn a_stranger_with_an_invitation_form_learns_nothing() {
    on_both(|house| async move {
        Invited::new(&house, "nina").await;
        house.employee("anna").await;
        house.employee("dora").await;
        house.suspend("dora").await;
        let attempt = async |username: &str, address: u8| {
            let mut visitor = house.visitor_from(address);
            let page = visitor.open(house.url("/activate")).await;
            let before = house.hashes();
            let page = visitor.submit_form(&page, "/activate/open", &[("user_name", username), ("code", "AAAA-BBBB-CCCC")]).await;
            assert_eq!(house.hashes(), before, "no hash, for anybody");
            page
        };
        for round in 0..7u8 {
            let unknown = attempt("nobo", 60 + round).await;
            assert_eq!(unknown.status, 401, "{}", unknown.describe());
            for known in ["nina", "anna", "dora"] {
                let page = attempt(known, 80 + round).await;
                assert_eq!(seen(&page, known), seen(&unknown, "nobo"), "{known}, round {round}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_mail_names_the_configured_address_whatever_host_is_asked_for() {
    on_both(|house| async move {
        let mut visitor = house.visitor();
        let url = Url::parse(&house.url("/activate")).unwrap();
        for name in ["X-Forwarded-Host", "Forwarded", "X-Forwarded-Proto", "X-Original-Host"] {
            let page = visitor.send(Method::GET, &url, None, &[(name, "evil.example")], Vec::new()).await;
            let place = page.location().expect("a redirect");
            assert_eq!(place.origin().ascii_serialization(), house.base, "{name}: {place}");
        }
        let page = visitor.send(Method::GET, &url, None, &[("Host", "evil.example")], Vec::new()).await;
        assert_eq!(page.status, 400, "{}", page.describe());
    })
    .await;
}

#[tokio::test]
async fn new_terms_are_asked_for_before_a_service_is_answered() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let service = SamlService::at(&house, "service").await;
        let mut visitor = anna.at_home(&house).await;
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        service.read(&house, &page).assertion();

        house.publish_terms().await;
        let passive = service.send(&house, &mut visitor, &service.request(&house).passive()).await;
        assert_eq!(service.read(&house, &passive).code(), "NoPassive");
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        let old = page.form("/activate/terms").with("version", "0");
        let shown = visitor.submit(&page, &old).await;
        assert!(shown.find_form("/activate/terms").is_some(), "another version than was shown: {}", shown.describe());
        let page = visitor.submit_form(&shown, "/activate/terms", &[]).await;
        service.read(&house, &page).assertion();
        assert_eq!(house.events("terms.accepted").await.len(), 1);
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        service.read(&house, &page).assertion();

        // At a new login too.
        let bo = house.employee("bo").await;
        let mut visitor = house.visitor();
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        let page = bo.log_in(&house, &mut visitor, &page).await;
        let page = visitor.submit_form(&page, "/activate/terms", &[]).await;
        service.read(&house, &page).assertion();
    })
    .await;
}

#[tokio::test]
async fn the_text_that_was_shown_is_the_one_accepted() {
    on_both(|house| async move {
        house.publish_terms().await;
        let nina = Invited::with_cpr(&house, "nina", CPR).await;
        let mut visitor = house.visitor();
        let page = nina.at_proof(&house, &mut visitor).await;
        let page = prove(&house, &mut visitor, &page, (CPR, Level::Substantial, None)).await.expect("identified");
        assert!(page.body.contains("Pas godt på"), "{}", page.describe());
        // Meanwhile the language is changed in another window.
        visitor.post_form(house.url("/language"), &[("language", "en"), ("back", "/")]).await;
        let next = visitor.submit_form(&page, "/activate/terms", &[]).await;
        assert!(next.find_form("/activate/password").is_some() && next.body.contains("lang=\"en\""), "{}", next.describe());
        let accepted = &house.events("terms.accepted").await[0];
        assert_eq!(accepted.details.get("language").map(String::as_str), Some("da"));
        let person = house.person("nina").await.id;
        assert_eq!(house.count(&format!("SELECT COUNT(*) FROM acceptances WHERE person = '{person}' AND language = 'da'")).await, 1);
    })
    .await;
}
