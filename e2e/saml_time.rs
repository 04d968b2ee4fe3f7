//! Time and repetition (A15): a message counts once, within three minutes either way, whichever node and binding it comes by.

use std::sync::Arc;

use crate::{
    forge,
    house::{self, House},
    saml_case::{Case, Scene, Sent, control, controls, expect_login, form, hold, hold_at, logout_form, send},
};

fn clocks(scene: &Scene) -> Vec<Case> {
    let now = scene.instant(0);
    let at = |name: &str, instant: &str, reason| {
        let draft = || scene.authn_request().with(&format!("IssueInstant=\"{now}\""), &format!("IssueInstant=\"{instant}\""));
        [
            Case::new("A15", format!("form of {name}"), form(&draft().signed(scene.key())), reason),
            Case::new("A15", format!("query of {name}"), scene.query(&draft().bare()), reason),
        ]
    };
    let bare = now.trim_end_matches('Z').to_owned();
    let mut cases: Vec<Case> = [
        at("ten minutes ago", &scene.instant(-600), "clock"),
        at("in ten minutes", &scene.instant(600), "clock"),
        at("over three minutes ago", &scene.instant(-181), "clock"),
        // The clock stands somewhere within its second.
        at("in over three minutes", &scene.instant(182), "clock"),
        at("a day ago", &scene.instant(-86_400), "clock"),
        at("no zone", &bare, "clock"),
        at("now, but an hour off by its zone", &format!("{bare}+01:00"), "clock"),
        at("the year 0", "0000-01-01T00:00:00Z", "clock"),
        at("the year 1", "0001-01-01T00:00:00Z", "clock"),
        at("the year 9999", "9999-12-30T23:59:59Z", "clock"),
        at("the end of the year 9999", "9999-12-31T23:59:59Z", "clock"),
        at("the year 10000", "10000-01-01T00:00:00Z", "schema"),
        at("a month of its own", "2026-13-01T00:00:00Z", "schema"),
        at("seconds since 1970", &scene.house.now().to_string(), "schema"),
        at("nothing", "", "schema"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let until = |seconds: i64| {
        let ends = format!(" NotOnOrAfter=\"{}\" Version", scene.instant(seconds));
        logout_form(&scene.logout_request().with(" Version", &ends).signed(scene.key()))
    };
    cases.push(Case::new("A15", "a logout that lost its meaning", until(-180), "clock"));
    let old = scene.logout_request().with(&now, &scene.instant(-181));
    cases.push(Case::new("A15", "an old logout", logout_form(&old.signed(scene.key())), "clock"));
    cases
}

#[tokio::test]
async fn a15_only_three_minutes_either_way() {
    let scene = Scene::open(House::sqlite().await).await;
    hold(&scene, &clocks(&scene)).await;
    let now = scene.instant(0);
    for instant in [scene.instant(-180), scene.instant(180), now.replace('Z', ".987654321Z"), now.replace('Z', "+00:00")] {
        let draft = || scene.authn_request().with(&now, &instant);
        control(&scene, &form(&draft().signed(scene.key()))).await;
        control(&scene, &scene.query(&draft().bare())).await;
    }
    controls(&scene).await;
}

#[tokio::test]
async fn a15_a_message_counts_once_on_all_nodes() {
    house::on_both(async |house| {
        let scene = Scene::open(house).await;
        let second = scene.house.second_node().await;
        let draft = scene.authn_request();
        let (query, posted) = (scene.query(&draft.bare()), form(&draft.signed(scene.key())));
        control(&scene, &query).await;
        let again = |name: &str, sent: &Sent| [Case::new("A15", name, sent.clone(), "replay")];
        for node in [&scene.house, &second] {
            hold_at(&scene, node, &again("the same query again", &query)).await;
            hold_at(&scene, node, &again("the same request as a form", &posted)).await;
            let other = draft.with("</saml:Issuer>", "</saml:Issuer><samlp:NameIDPolicy></samlp:NameIDPolicy>");
            hold_at(&scene, node, &again("another request of that id", &scene.query(&other.bare()))).await;
        }
        // Answered at once, refused at once the second time.
        let passive = scene.query(&scene.authn_request_with(&[("IsPassive", "true")], "").bare());
        let page = send(&second, &mut second.visitor(), &passive).await;
        assert_eq!(scene.one.read(&scene.house, &page).code(), "NoPassive");
        hold(&scene, &again("an answered request again", &passive)).await;

        let logout = scene.logout_request();
        let logout_query = Sent::LogoutQuery(forge::query(&logout.bare(), None, scene.key()));
        control(&scene, &logout_query).await;
        for node in [&scene.house, &second] {
            hold_at(&scene, node, &again("the same logout again", &logout_query)).await;
            hold_at(&scene, node, &again("the same logout as a form", &logout_form(&logout.signed(scene.key())))).await;
        }

        // The same id of another party is another request.
        let foreign = draft.with(&format!(">{}<", scene.one.entity_id), &format!(">{}<", scene.other.entity_id));
        let foreign = Sent::SignOnQuery(forge::query(&foreign.bare(), None, &scene.other.signing));
        expect_login(&send(&second, &mut second.visitor(), &foreign).await);

        // When it is forgotten, its time is over.
        for seconds in [200, 3_600] {
            scene.house.advance(seconds);
            hold(&scene, &[Case::new("A15", "later", query.clone(), "clock")]).await;
        }
        second.close().await;
    })
    .await;
}

#[tokio::test]
async fn a15_of_twenty_at_once_one_gets_through() {
    house::on_both(async |house| {
        let scene = Scene::open(house).await;
        let second = scene.house.second_node().await;
        for passive in [false, true] {
            let attributes: &[(&str, &str)] = if passive { &[("IsPassive", "true")] } else { &[] };
            let sent = Arc::new(scene.query(&scene.authn_request_with(attributes, "").bare()));
            let mut running = Vec::new();
            for n in 0..20 {
                let node = if n % 2 == 0 { scene.house.clone() } else { second.clone() };
                let sent = Arc::clone(&sent);
                running.push(tokio::spawn(async move { send(&node, &mut node.visitor(), &sent).await }));
            }
            let mut through = 0;
            for one in running {
                let page = one.await.expect("it ends");
                assert!(matches!(page.status, 200 | 303 | 400), "{}", page.describe());
                through += usize::from(page.status != 400);
            }
            assert_eq!(through, 1, "passive: {passive}");
        }
        second.close().await;
    })
    .await;
}
