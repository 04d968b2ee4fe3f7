//! Guessing passwords: from one address, from many, a hundred at once on two nodes, and out of spite (security cases
//! B01, B02, B03).

use crate::{
    actors::{Part, Twist},
    house::{House, Plan, at_once, log, on_both, on_both_by},
    login_stages::incident,
    visitor::{Page, Visitor},
};

/// One wrong guess from wherever `visitor` comes.
async fn guess(house: &House, visitor: &mut Visitor, username: &str) -> Page {
    let page = house.login_page(visitor).await;
    visitor.submit_form(&page, "/login/password", &[("user_name", username), ("password", "one password for all")]).await
}

#[tokio::test]
async fn spraying_from_one_address_ends_after_thirty() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut attacker = house.visitor_from(66);
        let mut refused = 0;
        for number in 0..40 {
            let page = guess(&house, &mut attacker, &format!("user{number}")).await;
            match page.status {
                401 => refused += 1,
                429 => assert!(page.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=60).contains(&seconds))),
                other => panic!("{other}: {}", page.describe()),
            }
        }
        assert_eq!(refused, 30);
        let before = house.hashes();
        let mut own = house.visitor_from(66);
        let page = house.login_page(&mut own).await;
        assert_eq!(anna.enter_password(&mut own, &page).await.status, 429, "whoever shares the address waits too");
        assert_eq!(house.hashes(), before, "nobody is hashed for");
        let page = house.login_page(&mut own).await;
        let told = Part::of(&page).end(&mut own, &serde_json::json!({})).await;
        assert_eq!(told.status, 429, "nor is a passkey looked at: {}", told.describe());
        let line = log::expect_one(&incident(&told), "login.throttled", "too_many_failures");
        assert_eq!(line["scope"], "ip");
        anna.at_home(&house).await;
        house.advance(61);
        let page = guess(&house, &mut attacker, "user99").await;
        assert_eq!(page.status, 401, "a minute later it goes on");
    })
    .await;
}

#[tokio::test]
async fn a_town_hall_behind_one_address_is_not_slowed() {
    on_both_by(after_ten(Plan::default()), |house| async move {
        let mut people = Vec::new();
        for number in 0..15 {
            people.push(house.employee(&format!("clerk{number}")).await);
        }
        // More good logins in a minute than failures may come, and now and then somebody mistypes.
        for (number, clerk) in people.iter().enumerate() {
            let mut visitor = house.visitor_from(10);
            let mut page = house.login_page(&mut visitor).await;
            if number % 5 == 0 {
                page = clerk.mistype(&mut visitor, &page).await;
                assert_eq!(page.status, 401, "{}", page.describe());
            }
            let page = clerk.log_in(&house, &mut visitor, &page).await;
            clerk.expect_home(&page);
        }
    })
    .await;
}

/// Ten failures a minute from one address, and forty from one network: what thirty and a hundred and twenty do, sooner.
fn after_ten(mut plan: Plan) -> Plan {
    plan.rules.throttle.address_failures = 10;
    plan.rules.throttle.network_failures = 40;
    plan
}

fn behind_a_proxy() -> Plan {
    Plan { trusted_proxies: vec!["127.0.0.5/32"], ..Plan::default() }
}

#[tokio::test]
async fn fifty_addresses_of_one_network_are_one_attacker() {
    on_both_by(after_ten(behind_a_proxy()), |house| async move {
        let mut proxy = house.visitor_from(5);
        let mut refused = 0;
        for number in 0..50 {
            let address = format!("198.51.100.{number}");
            proxy.headers = vec![("X-Forwarded-For".to_owned(), address)];
            let page = guess(&house, &mut proxy, &format!("user{number}")).await;
            refused += usize::from(page.status == 401);
        }
        assert_eq!(refused, 40);
        proxy.headers = vec![("X-Forwarded-For".to_owned(), "203.0.113.9".to_owned())];
        assert_eq!(guess(&house, &mut proxy, "user200").await.status, 401, "another network may");
    })
    .await;
}

#[tokio::test]
async fn an_address_claimed_by_a_stranger_counts_for_nothing() {
    on_both_by(after_ten(behind_a_proxy()), |house| async move {
        let mut stranger = house.visitor_from(77);
        let mut refused = 0;
        for (number, claim) in ["198.51.100.1", "a", "::1", "10.0.0.1, 10.0.0.2", "127.0.0.5"].iter().cycle().take(15).enumerate() {
            stranger.headers = vec![("X-Forwarded-For".to_owned(), (*claim).to_owned())];
            refused += usize::from(guess(&house, &mut stranger, &format!("user{number}")).await.status == 401);
        }
        assert_eq!(refused, 10);
        let addresses: Vec<String> = house.events("login.failed").await.into_iter().map(|event| event.details["address"].clone()).collect();
        assert!(addresses.iter().all(|address| address == "127.0.0.77"), "{addresses:?}");
    })
    .await;
}

#[tokio::test]
async fn a_hundred_guesses_at_once_on_two_nodes_are_five() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let other = house.second_node().await;
        let mut ready = Vec::new();
        for number in 0..100u8 {
            // From many addresses, so that it is the account that holds them off.
            let node = if number % 2 == 0 { &house } else { &other };
            let mut visitor = node.visitor_from(100 + number % 50);
            let page = node.login_page(&mut visitor).await;
            ready.push((visitor, page));
        }
        let before = house.hashes() + other.hashes();
        let guesses = ready.into_iter().map(|(mut visitor, page)| {
            let anna = &anna;
            async move { anna.mistype(&mut visitor, &page).await.status }
        });
        let statuses = at_once(guesses).await;
        let evaluated = house.hashes() + other.hashes() - before;
        assert!((1..=5).contains(&evaluated), "{evaluated} hashes");
        assert_eq!(statuses.iter().filter(|status| **status == 401).count(), evaluated);
        assert!(statuses.iter().all(|status| matches!(status, 401 | 429)), "{statuses:?}");
        assert_eq!(house.events("account.locked").await.len(), 1);
        assert_eq!(house.events("login.failed").await.len(), evaluated);

        let mut visitor = other.visitor();
        let page = other.login_page(&mut visitor).await;
        let wrong = anna.mistype(&mut visitor, &page).await;
        let mut visitor = other.visitor();
        let page = other.login_page(&mut visitor).await;
        let right = anna.enter_password(&mut visitor, &page).await;
        assert_eq!((right.status, bare(&right)), (wrong.status, bare(&wrong)), "the right password looks like a wrong one");
        assert_eq!(right.status, 429);

        house.advance(31);
        anna.at_home(&house).await;
        other.close().await;
    })
    .await;
}

/// The page without what differs on every page: flow ids and form tokens.
pub fn bare(page: &Page) -> String {
    // Each page that asks to wait has a code of its own, always of one length.
    let mut body = if page.status == 429 { page.body.replace(&incident(page), "") } else { page.body.clone() };
    for form in page.forms() {
        for (name, value) in form.inputs {
            if matches!(name.as_str(), "flow" | "csrf" | "next") {
                body = body.replace(&value.replace('&', "&amp;"), "").replace(&value, "");
            }
        }
    }
    body
}

#[tokio::test]
async fn spite_keeps_nobody_out() {
    on_both(|house| async move {
        let mut anna = house.employee("anna").await;
        anna.add_passkey(&house).await;
        let mut known = anna.at_home(&house).await;
        let page = known.open(house.url("/logout")).await;
        known.submit_form(&page, "/logout", &[]).await;
        assert!(known.cookies.value("__Host-device").is_some());

        for round in 0..12u8 {
            // For an hour, from ever new addresses.
            for _ in 0..6 {
                guess(&house, &mut house.visitor_from(100 + round), "anna").await;
            }
            house.advance(300);
        }
        guess(&house, &mut house.visitor_from(200), "anna").await;
        let locked = guess(&house, &mut house.visitor_from(201), "anna").await;
        assert_eq!(locked.status, 429, "{}", locked.describe());
        let mut elsewhere = house.visitor_from(202);
        let page = house.login_page(&mut elsewhere).await;
        assert_eq!(anna.enter_password(&mut elsewhere, &page).await.status, 429, "an unknown browser waits");

        anna.go_home(&house, &mut known).await;
        let mut elsewhere = house.visitor_from(203);
        let page = house.login_page(&mut elsewhere).await;
        let page = anna.passkey_login(&house, &mut elsewhere, &page, &Twist::default()).await;
        anna.expect_home(&page);
    })
    .await;
}

#[tokio::test]
async fn a_made_up_device_cookie_is_an_unknown_browser() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let bo = house.employee("bo").await;
        let genuine = bo.at_home(&house).await.cookies.value("__Host-device").expect("a device cookie").to_owned();
        let url = house.url("/").parse().expect("an address");
        for _ in 0..5 {
            guess(&house, &mut house.visitor_from(100), "anna").await;
        }
        for made_up in [genuine.as_str(), "x.y", "", "a.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            let mut visitor = house.visitor();
            visitor.cookies.set(&url, "__Host-device", made_up);
            let page = house.login_page(&mut visitor).await;
            let page = anna.enter_password(&mut visitor, &page).await;
            assert_eq!(page.status, 429, "{made_up}: {}", page.describe());
        }
    })
    .await;
}

#[tokio::test]
async fn each_kind_of_refusal_has_its_line() {
    on_both(|house| async move {
        house.employee("anna").await;
        let mut attacker = house.visitor_from(66);
        for _ in 0..4 {
            guess(&house, &mut attacker, "anna").await;
        }
        let failed = house.new_events("login.failed").await;
        log::expect_one(&failed[0].incident, "login.failed", "wrong_password");
        guess(&house, &mut attacker, "anna").await;
        let locked = house.events("account.locked").await;
        log::expect_one(&locked[0].incident, "account.locked", "wrong_password");
    })
    .await;
}

#[tokio::test]
async fn a_right_guess_among_a_burst_is_not_told() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut attacker = house.visitor_from(66);
        let page = house.login_page(&mut attacker).await;
        // The address becomes blocked, by the wrong ones of the burst, while the right one is on its way to its hash.
        let burst = format!(
            "INSERT INTO throttles (key, failures, window_start, blocked_until) VALUES ('address:127.0.0.66', 30, {now}, {now} + 60000)",
            now = house.now() * 1000
        );
        let mut hold = house.hold(&burst).await;
        hold.keep_writers_off("throttles").await;
        let before = house.hashes();
        let (told, ()) = tokio::join!(anna.enter_password(&mut attacker, &page), async {
            // It waits for the counter of the account, behind the first look at the address.
            house.somebody_waits().await;
            hold.commit().await;
        });
        assert_eq!(house.hashes() - before, 1, "its hash was computed");
        assert_eq!(told.status, 429, "{}", told.describe());
        assert!(told.find_form("/login/totp").is_none());
        house.advance(61);
        let page = house.login_page(&mut attacker).await;
        let page = anna.log_in(&house, &mut attacker, &page).await;
        anna.expect_home(&page);
    })
    .await;
}
