//! Which act tells whom (B22); what names, headers and addresses cannot do (B14, B22); and what stands in no mail, event
//! or log line.

use base64::Engine;
use portvagt::{
    base::{id::Id, random::SystemRandom, secret::Secret},
    crypto::totp::TotpSecret,
    domain::{
        factor::Kind,
        notice::{Notice, OneTimeCode},
    },
    service::{notices, people},
    storage::outbox::State,
};

use super::{
    mails, office,
    pki::Authority,
    server::{Kept, Server},
    settled, turn,
};
use crate::house::{CVR, House, on_both};

/// Names somebody may choose; all pass where names are checked.
const HOSTILE: [&str; 4] = ["{{7*7}} ${7*7}", "<img src=x onerror=alert(1)>", "http://evil.example/login", "Bcc: evil@example.net"];

/// A server, and what it got from the house.
struct Post {
    server: Server,
    authority: Authority,
}

impl Post {
    async fn open() -> Self {
        let authority = Authority::new();
        Self { server: Server::start(Some(&authority.issue("localhost"))).await, authority }
    }

    /// Sends what waits: (notice, mail), oldest first.
    async fn collect(&self, house: &House) -> Vec<(String, Kept)> {
        self.server.forget();
        turn(house, &office(house, self.server.port, &self.authority)).await;
        let sent = mails(house, State::Sent).await;
        let kept = self.server.kept();
        let notice = |mail: &Kept| sent.iter().find(|sent| mail.text.contains(&sent.id.to_string())).expect("its row").notice.clone();
        kept.into_iter().map(|mail| (notice(&mail), mail)).collect()
    }
}

/// The bodies of a mail, decoded: text, then HTML.
pub(crate) fn bodies(mail: &str) -> Vec<String> {
    let (head, rest) = mail.split_once("\n\n").expect("a head");
    let boundary = head.split("boundary=\"").nth(1).and_then(|behind| behind.split('"').next()).expect("a boundary");
    let boundary = format!("--{boundary}");
    let parts = rest.split(&boundary).skip(1).filter(|part| !part.starts_with("--"));
    let decoded = parts.map(|part| {
        let (head, body) = part.split_once("\n\n").expect("a part's head");
        let bytes = if head.contains("base64") {
            base64::engine::general_purpose::STANDARD.decode(body.replace(['\n', '\r'], "")).expect("base64")
        } else if head.contains("quoted-printable") {
            unquoted(body)
        } else {
            body.as_bytes().to_vec()
        };
        String::from_utf8(bytes).expect("UTF-8")
    });
    decoded.collect()
}

fn unquoted(body: &str) -> Vec<u8> {
    let body = body.replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = body.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        match (first, behind) {
            (b'=', [high, low, behind @ ..]) => {
                let hex = String::from_utf8(vec![*high, *low]).expect("hex");
                bytes.push(u8::from_str_radix(&hex, 16).expect("hex"));
                rest = behind;
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    bytes
}

/// Header names, unfolded, in order.
fn header_names(mail: &str) -> Vec<String> {
    let head = mail.split_once("\n\n").expect("a head").0.replace("\n ", " ");
    head.lines().map(|line| line.split_once(':').unwrap_or_else(|| panic!("no header: {line:?}")).0.to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_act_tells_its_owner() {
    on_both(|house| async move {
        let post = Post::open().await;
        let mut anna = settled(&house).await;
        let told = |mails: Vec<(String, Kept)>| {
            assert!(mails.iter().all(|(_, mail)| mail.to == "anna@testkommune.test" && mail.secure), "{mails:?}");
            mails.into_iter().map(|(notice, _)| notice).collect::<Vec<_>>()
        };
        let mut browser = house.visitor();
        anna.go_home(&house, &mut browser).await;
        assert_eq!(told(post.collect(&house).await), ["new-device"]);
        let page = browser.open(house.url("/account/passkey")).await;
        anna.make_passkey(&house, &mut browser, &page).await;
        assert_eq!(told(post.collect(&house).await), ["factor-added"]);
        house.advance(11 * 3600);
        anna.go_home(&house, &mut browser).await;
        assert_eq!(told(post.collect(&house).await), Vec::<String>::new(), "a browser that is known");
        house.set_password("anna", "nine red kettles of anna").await.expect("a password");
        assert_eq!(told(post.collect(&house).await), ["password-changed"]);
        house.suspend("anna").await;
        assert_eq!(told(post.collect(&house).await), ["locked"]);
        house.reactivate("anna").await;
        assert_eq!(told(post.collect(&house).await), ["unlocked"]);
        let name = "anna".parse().expect("a user name");
        let record = people::record(&house.app.ground, &name).await.expect("anna");
        let app = record.authenticators.iter().find(|one| one.kind == Kind::Totp).expect("an app").id;
        people::remove_factor(&house.app.ground, &house.operator(), &name, app).await.expect("a removal");
        assert_eq!(told(post.collect(&house).await), ["factor-removed"]);
        let secret = TotpSecret::random(&SystemRandom);
        people::add_totp(&house.app.ground, &house.operator(), &name, "App", secret).await.expect("an app");
        assert_eq!(told(post.collect(&house).await), ["factor-added"]);
        let mut attacker = house.visitor_from(66);
        for _ in 0..7 {
            let page = house.login_page(&mut attacker).await;
            anna.mistype(&mut attacker, &page).await;
        }
        assert_eq!(told(post.collect(&house).await), ["many-failures"], "once, not at each failure");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_enrols_at_the_first_login_is_told_of_that_alone() {
    on_both(|house| async move {
        let post = Post::open().await;
        let newcomer = house.newcomer("clara").await;
        let (mut clara, mut visitor) = (newcomer.employee, house.visitor());
        let page = house.login_page(&mut visitor).await;
        let page = clara.enter_password(&mut visitor, &page).await;
        let page = visitor.submit_form(&page, "/login/activation", &[("code", &newcomer.code)]).await;
        let page = visitor.submit_form(&page, "/login/enrol/totp", &[]).await;
        let page = clara.enrol_app(&house, &mut visitor, &page).await;
        clara.expect_home(&page);
        let mut told: Vec<_> = post.collect(&house).await.into_iter().map(|(notice, _)| notice).collect();
        told.sort();
        assert_eq!(told, ["activated", "factor-added"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_address_is_told_to_the_old_one_too() {
    on_both(|house| async move {
        let post = Post::open().await;
        settled(&house).await;
        let anna = house.person("anna").await.id;
        let ground = &house.app.ground;
        for (old, expected) in [
            (Some("old@testkommune.test"), vec!["anna@testkommune.test", "old@testkommune.test"]),
            (Some("anna@testkommune.test"), vec!["anna@testkommune.test"]),
            (None, vec!["anna@testkommune.test"]),
        ] {
            let mut tx = ground.db.begin().await.expect("a transaction");
            let notice = Notice::AddressChanged { old: old.map(str::to_owned) };
            notices::queue(ground, &mut tx, anna, notice).await.expect("queued");
            tx.commit_routine().await.expect("committed");
            let mut to: Vec<_> = post.collect(&house).await.into_iter().map(|(_, mail)| mail.to).collect();
            to.sort();
            assert_eq!(to, expected);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_does_not_happen_tells_nobody() {
    on_both(|house| async move {
        settled(&house).await;
        let anna = house.person("anna").await.id;
        let ground = &house.app.ground;
        let before = house.events("mail.").await.len();
        let mut tx = ground.db.begin().await.expect("a transaction");
        notices::queue(ground, &mut tx, anna, Notice::Locked).await.expect("queued");
        drop(tx);
        let mut tx = ground.db.begin().await.expect("a transaction");
        notices::queue(ground, &mut tx, Id::random(&SystemRandom), Notice::Locked).await.expect("nobody to tell");
        let mut silent = ground.clone();
        let rules = portvagt::service::ground::Rules { notices: false, ..(*silent.rules).clone() };
        silent.rules = std::sync::Arc::new(rules);
        notices::queue(&silent, &mut tx, anna, Notice::Locked).await.expect("no mail server, nothing queued");
        tx.commit_routine().await.expect("committed");
        assert!(mails(&house, State::Queued).await.is_empty());
        assert_eq!(house.events("mail.").await.len(), before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_add_no_header_no_markup_and_no_link() {
    on_both(|house| async move {
        let post = Post::open().await;
        let mut usual = Vec::new();
        for (number, chosen) in ["Anna"].iter().chain(&HOSTILE).enumerate() {
            let person = add(&house, number, chosen).await;
            let name = person.parse().expect("a user name");
            let ground = &house.app.ground;
            let secret = TotpSecret::random(&SystemRandom);
            people::add_totp(ground, &house.operator(), &name, &format!("{chosen}\r\nBcc: evil@example.net"), secret)
                .await
                .expect("an app");
            let id = house.person(&person).await.id;
            let mut tx = ground.db.begin().await.expect("a transaction");
            let invitation =
                Notice::Invitation { user_name: (*chosen).to_owned(), code: OneTimeCode::new("K7QF-2M9X"), expires_at: ground.clock.now() };
            for notice in [Notice::NewDevice { user_agent: format!("Firefox/1 {chosen}") }, invitation, Notice::ManyFailures] {
                notices::queue(ground, &mut tx, id, notice).await.expect("queued");
            }
            tx.commit_routine().await.expect("committed");
            let mails = post.collect(&house).await;
            assert_eq!(mails.len(), 4, "{chosen}");
            for (notice, mail) in mails {
                assert_eq!(mail.to, format!("{person}@testkommune.test"));
                let bodies = bodies(&mail.text);
                assert_eq!(bodies.len(), 2);
                for body in &bodies {
                    for evil in ["evil.example", "evil@", "<img", "{{", "${", "Bcc:"] {
                        assert!(!body.contains(evil), "{notice}: {evil:?} of {chosen:?} in {body}");
                    }
                    let links: Vec<_> = body.match_indices("://").map(|(at, _)| &body[at - 4..]).collect();
                    assert!(
                        !links.is_empty() && links.iter().all(|link| link.starts_with(&format!("{}/", house.base))),
                        "{notice}: {links:?}"
                    );
                    assert!(!body.contains("token=") && !body.contains("/login?"), "{notice}: no link logs in");
                }
                let shape = (notice, header_names(&mail.text), bodies[1].matches('<').count());
                // The same headers in the same order, and the same number of elements, as for Anna.
                if number == 0 { usual.push(shape) } else { assert!(usual.contains(&shape), "{chosen:?}: {shape:?}") }
            }
        }
    })
    .await;
}

/// A person of that given name, with a CPR number.
async fn add(house: &House, number: usize, given_name: &str) -> String {
    let username = format!("person{number}");
    let newcomer = people::Newcomer {
        organisation: Some(CVR.parse().expect("a CVR number")),
        username: username.parse().expect("a user name"),
        given_name: given_name.to_owned(),
        family_name: "Prøvesen".to_owned(),
        email: Some(format!("{username}@testkommune.test")),
        persistent_uuid: None,
        cpr: Some(format!("010180{:04}", 4000 + number).parse().expect("a CPR number")),
        administrator: false,
        password: Some(Secret::new("seven green kettles".to_owned())),
    };
    people::add(&house.app.ground, &house.operator(), newcomer).await.expect("a person");
    username
}

#[tokio::test(flavor = "multi_thread")]
async fn links_lead_home_whatever_the_request_said() {
    on_both(|house| async move {
        let post = Post::open().await;
        let anna = settled(&house).await;
        let mut visitor = house.visitor();
        for (name, value) in [
            ("X-Forwarded-Host", "evil.example"),
            ("X-Forwarded-Proto", "http"),
            ("X-Forwarded-Port", "1"),
            ("Forwarded", "host=evil.example;proto=http"),
            ("X-Original-Host", "evil.example"),
            ("Referer", "http://evil.example/"),
            ("User-Agent", "Firefox/1 http://evil.example"),
        ] {
            visitor.headers.push((name.to_owned(), value.to_owned()));
        }
        anna.go_home(&house, &mut visitor).await;
        let mails = post.collect(&house).await;
        assert_eq!(mails[0].0, "new-device");
        for body in bodies(&mails[0].1.text) {
            assert!(body.contains(&format!("{}/account", house.base)) && !body.contains("evil"), "{body}");
            assert!(body.contains("Firefox"));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_cpr_number_in_mails_and_no_address_in_events_log_or_table() {
    on_both(|house| async move {
        let post = Post::open().await;
        let person = add(&house, 7, "Canary").await;
        let name = person.parse().expect("a user name");
        people::set_password(&house.app.ground, &house.operator(), &name, &Secret::new("nine red kettles".to_owned())).await.expect("set");
        post.server.is(super::server::Mood::Recipient("450 4.7.1 <person7@testkommune.test>: greylisted"));
        post.collect(&house).await;
        let clear = house.count("SELECT COUNT(*) FROM outbox WHERE reason LIKE '%@%' OR notice LIKE '%@%'").await;
        assert_eq!(clear, 0);
        house.advance(3600);
        post.server.is(super::server::Mood::Kind);
        let mails = post.collect(&house).await;
        assert_eq!(mails.len(), 1);
        for body in bodies(&mails[0].1.text).into_iter().chain([mails[0].1.text.clone()]) {
            assert!(!body.contains("0101804007") && !body.contains("010180"), "{body}");
        }
        let events = house.events("mail.").await;
        let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == "mail.failed").count(), 1, "{kinds:?}");
        for event in events {
            let written = format!("{event:?}{:?}", crate::house::log::of(&event.incident));
            assert!(!written.contains('@') && !written.contains("010180"), "{written}");
            if event.kind != "mail.queued" {
                assert_eq!(crate::house::log::of(&event.incident).len(), 1, "{written}");
            }
        }
        assert_eq!(house.count("SELECT COUNT(*) FROM outbox WHERE payload IS NOT NULL").await, 0, "the words of what was sent are gone");
    })
    .await;
}
