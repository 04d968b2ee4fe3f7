//! Which passwords are taken, and that each is compared whole (security case B06).

use portvagt::{
    base::{id::Incident, random::SystemRandom, secret::Secret},
    crypto::breached::Breached,
    domain::policy::{PasswordRules, WeakPassword},
    service::{passwords, people::Refusal},
};

use crate::house::{House, Plan, log, on_both, on_both_by};

async fn judged(house: &House, password: &str) -> Result<(), WeakPassword> {
    match house.set_password("anna", password).await {
        Ok(_) => Ok(()),
        Err(Refusal::Password(passwords::Refusal::Weak(weak))) => Err(weak),
        Err(other) => panic!("{other}"),
    }
}

/// The status of a login attempt with that password: 200 at the second factor.
async fn tried(house: &House, password: &str, address: u8) -> u16 {
    let mut visitor = house.visitor_from(address);
    let page = house.login_page(&mut visitor).await;
    visitor.submit_form(&page, "/login/password", &[("user_name", "anna"), ("password", password)]).await.status
}

/// Varied text of so many characters, none of it on a list.
fn text(length: usize) -> String {
    "the quick onyx goblin jumps over my lazy dwarf 47 times, ".chars().cycle().take(length).collect()
}

#[tokio::test]
async fn passwords_are_judged() {
    on_both(|house| async move {
        house.employee("anna").await;
        for length in [0, 1, 7, 11] {
            assert_eq!(judged(&house, &text(length)).await, Err(WeakPassword::TooShort { least: 12 }), "{length}");
        }
        for length in [12, 14, 15, 64, 128, 1024] {
            assert_eq!(judged(&house, &text(length)).await, Ok(()), "{length}");
        }
        assert_eq!(judged(&house, &text(1025)).await, Err(WeakPassword::TooLong));
        for common in ["password1234", "Sommer2026!!", "aaaaaaaaaaaaaa", "123456789012345"] {
            assert_eq!(judged(&house, common).await, Err(WeakPassword::Common), "{common}");
        }
        for own in ["Testkommune2026", "Prøvesen-2026!", "testkommune-anna", "Portvagt-123456"] {
            assert_eq!(judged(&house, own).await, Err(WeakPassword::OwnWords), "{own}");
        }
        assert_eq!(judged(&house, "a null \0 in the middle").await, Err(WeakPassword::ControlCharacter));
        for good in ["  spaces at both ends  ", "🐴🦄 på altanen 🏠🌲", "rødgrød med fløde på"] {
            assert_eq!(judged(&house, good).await, Ok(()), "{good}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_common_password_that_is_long_enough_is_refused() {
    let house = House::sqlite().await;
    let list = include_str!("../src/domain/common_passwords.txt");
    assert!(list.lines().count() >= 3000);
    for common in list.lines() {
        let judged = house.app.ground.rules.password.judge(&portvagt::base::secret::Secret::new(common.to_owned()), &[]);
        assert!(judged.is_err(), "{common}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_password_is_compared_whole() {
    on_both(|house| async move {
        house.employee("anna").await;
        let (first, second) = (format!("{}a", text(72)), format!("{}b", text(72)));
        let mut address = 100;
        let mut pairs = vec![
            (first.as_str(), second.as_str()),
            ("  spaces at both ends  ", "spaces at both ends"),
            ("three Capital Letters", "three capital letters"),
        ];
        let (long, shorter) = (text(1024), text(1023));
        pairs.push((&long, &shorter));
        for (right, wrong) in pairs {
            house.set_password("anna", right).await.expect("a good password");
            address += 1;
            assert_eq!(tried(&house, wrong, address).await, 401, "{wrong:?} for {right:?}");
            assert_eq!(tried(&house, right, address).await, 200, "{right:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_same_letters_from_another_keyboard_are_the_same() {
    on_both(|house| async move {
        house.employee("anna").await;
        let (composed, apart) = ("caf\u{e9} p\u{e5} hj\u{f8}rnet 7", "cafe\u{301} pa\u{30a} hj\u{f8}rnet 7");
        house.set_password("anna", composed).await.expect("a good password");
        assert_eq!(tried(&house, apart, 100).await, 200);
        assert_eq!(judged(&house, apart).await, Err(WeakPassword::UsedBefore), "nor is it another one");
        house.set_password("anna", "something else for once").await.expect("a good password");
        house.organisation_rules(PasswordRules { history: Some(0), ..PasswordRules::default() }).await;
        house.set_password("anna", apart).await.expect("a good password");
        assert_eq!(tried(&house, composed, 101).await, 200);
        assert_eq!(tried(&house, "cafe på hjørnet 7", 102).await, 401);
    })
    .await;
}

#[tokio::test]
async fn what_is_too_long_is_refused_before_it_is_hashed() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let before = house.hashes();
        assert_eq!(tried(&house, &text(1025), 100).await, 401);
        assert_eq!(tried(&house, &"x".repeat(100_000), 101).await, 413);
        assert_eq!(tried(&house, &"x".repeat(10_000_000), 102).await, 413);
        assert_eq!(house.hashes(), before);
        anna.at_home(&house).await;
    })
    .await;
}

#[tokio::test]
async fn a_password_comes_again_only_when_it_is_forgotten() {
    on_both(|house| async move {
        house.employee("anna").await;
        let password = |number: usize| format!("{number} blue bicycles in the yard");
        for number in 0..9 {
            assert_eq!(judged(&house, &password(number)).await, Ok(()), "{number}");
            house.advance(1);
        }
        // The last eight, the present one among them, are remembered; the first is not.
        for number in 1..9 {
            let before = house.hashes();
            assert_eq!(judged(&house, &password(number)).await, Err(WeakPassword::UsedBefore), "{number}");
            assert!(house.hashes() - before <= 8, "a hash for each that is remembered");
        }
        assert_eq!(judged(&house, &password(0)).await, Ok(()));
        assert_eq!(house.count("SELECT COUNT(*) FROM password_history").await, 7);
        house.organisation_rules(PasswordRules { history: Some(1), ..PasswordRules::default() }).await;
        assert_eq!(judged(&house, &password(0)).await, Err(WeakPassword::UsedBefore), "the present one");
        assert_eq!(judged(&house, &password(8)).await, Ok(()));
        assert_eq!(house.count("SELECT COUNT(*) FROM password_history").await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_organisation_demands_more_and_its_own_words() {
    on_both(|house| async move {
        house.employee("anna").await;
        let good = "tolv tegn nok";
        assert_eq!(judged(&house, good).await, Ok(()));
        let rules = PasswordRules {
            used_alone: Some(true),
            context_words: vec!["Rådhuset".to_owned()],
            blocked: vec!["Den blå planet".to_owned()],
            ..PasswordRules::default()
        };
        house.organisation_rules(rules).await;
        for (password, verdict) in [
            ("fjorten tegn??", Err(WeakPassword::TooShort { least: 15 })),
            ("rådhuset-rådhuset-1", Err(WeakPassword::OwnWords)),
            ("Den Blå Planet 2026", Err(WeakPassword::Blocked)),
            ("femten tegn er!", Ok(())),
        ] {
            assert_eq!(judged(&house, password).await, verdict, "{password}");
        }
        let events = house.events("organisation.saved").await;
        let ruled = events.iter().find(|event| event.details.contains_key("password_rules")).expect("an event");
        assert!(ruled.details["password_rules"].contains("used_alone") && ruled.actor == "operator:suite");
        house.organisation_rules(PasswordRules::default()).await;
        assert_eq!(judged(&house, "Den Blå Planet 2026").await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn a_stolen_password_is_refused_and_never_logged() {
    let stolen = ["a stolen one from elsewhere", "another stolen passphrase", "zebra crossing at midnight"];
    let mut lines: Vec<String> = stolen
        .iter()
        .map(|text| openssl::sha::sha1(text.as_bytes()).iter().map(|byte| format!("{byte:02X}")).collect::<String>() + ":3")
        .collect();
    lines.sort();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), lines.join("\r\n")).expect("a list");
    let mut plan = Plan::default();
    plan.rules.breached = Some(Breached::open(file.path()).expect("a list"));
    on_both_by(plan, |house| async move {
        let anna = house.employee("anna").await;
        for password in stolen {
            assert_eq!(judged(&house, password).await, Err(WeakPassword::Breached), "{password}");
            let (ground, incident) = (&house.app.ground, Incident::random(&SystemRandom));
            let refused = passwords::accept(ground, &incident, &house.person("anna").await, &Secret::new(password.to_owned())).await;
            assert!(matches!(refused, Err(passwords::Refusal::Weak(WeakPassword::Breached))));
            let line = log::expect_one(&incident.to_string(), "password.rejected", "breached");
            assert!(!line.to_string().contains(password), "{line}");
        }
        anna.at_home(&house).await;
        assert_eq!(judged(&house, "never stolen from anybody").await, Ok(()));
    })
    .await;
}
