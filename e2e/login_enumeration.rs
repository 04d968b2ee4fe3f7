//! Who exists is not told: known and unknown user names get the same answer for the same work, at first, and when locked
//! (security case B05).

use crate::{
    actors::Part,
    house::{House, on_both},
    login_throttle::bare,
    visitor::Page,
};

/// What an outsider sees of a page, but for what differs on every page, the user name typed, and the date.
pub fn seen(page: &Page, username: &str) -> (u16, Vec<String>, usize, String) {
    let mut headers: Vec<String> = page
        .headers
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| {
            let text = value.to_str().expect("text");
            // A cookie's name and value are random; its attributes are not.
            let text = if name == "set-cookie" { text.split_once(';').map_or("", |(_, rest)| rest) } else { text };
            format!("{name}: {text}")
        })
        .collect();
    headers.sort();
    (page.status, headers, page.body.len(), bare(page).replace(username, ""))
}

/// One wrong password, and how many hashes it cost.
async fn attempt(house: &House, username: &str, address: u8) -> (Page, usize) {
    let mut visitor = house.visitor_from(address);
    let page = house.login_page(&mut visitor).await;
    let before = house.hashes();
    let page = visitor.submit_form(&page, "/login/password", &[("user_name", username), ("password", "a guess, no more")]).await;
    (page, house.hashes() - before)
}

#[tokio::test]
async fn a_stranger_learns_nothing_of_who_exists() {
    on_both(|house| async move {
        house.employee("anna").await;
        house.newcomer("bent").await;
        house.employee("dora").await;
        house.suspend("dora").await;
        // The first unknown user makes the decoy hash: a cost once in the server's life.
        attempt(&house, "firs", 50).await;
        for round in 0..7u8 {
            let (unknown, cost) = attempt(&house, "nobo", 60 + round).await;
            assert_eq!(cost, usize::from(round < 5), "an unknown user costs one hash, until it is locked");
            assert_eq!(unknown.status, if round < 5 { 401 } else { 429 }, "{}", unknown.describe());
            for known in ["anna", "bent", "dora"] {
                let (page, own_cost) = attempt(&house, known, 80 + round).await;
                assert_eq!(seen(&page, known), seen(&unknown, "nobo"), "{known}, round {round}");
                assert_eq!(own_cost, cost, "{known}, round {round}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_start_of_a_passkey_login_names_nobody() {
    on_both(|house| async move {
        let mut anna = house.employee("anna").await;
        let mut offered = Vec::new();
        for round in 0..2 {
            let mut visitor = house.visitor();
            let page = house.login_page(&mut visitor).await;
            let mut options = Part::of(&page).options(&mut visitor).await;
            options["publicKey"]["challenge"] = serde_json::Value::Null;
            offered.push(options);
            if round == 0 {
                anna.add_passkey(&house).await;
            }
        }
        assert_eq!(offered[0], offered[1]);
        assert_eq!(offered[0]["publicKey"]["allowCredentials"], serde_json::json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_user_name_that_cannot_be_is_an_unknown_one() {
    on_both(|house| async move {
        attempt(&house, "firs", 50).await;
        let (unknown, _) = attempt(&house, "nobo", 51).await;
        for (address, odd) in ["a b ", "a'--", "<i>'", "% _%", "\u{202e}abc"].into_iter().enumerate() {
            let (page, cost) = attempt(&house, odd, 60 + address as u8).await;
            // The fifth locks the one counter of names that cannot be; until then they are as any other.
            assert_eq!(page.status, unknown.status, "{odd}: {}", page.describe());
            assert_eq!(cost, 1, "{odd}");
            assert!(!page.body.contains(odd) || !odd.contains(['<', '\'']), "{odd} is escaped: {}", page.body);
        }
    })
    .await;
}
