//! Answers and requests that are not what they seem: unsigned, another's, stale, replayed, unsolicited, and answers that
//! another browser brings. Each is refused with its reason and changes nothing; the control goes through.

use super::{Carried, SUCCESS, answer, at, by_redirect, go, log_out_at, response, response_for, sent, step, waiting, within};
use crate::{
    actors::{SamlService, instant},
    house::{House, log, on_both},
    saml_case::incident,
    visitor::{Page, Visitor},
};

/// A logout under way: one has asked, two is being asked.
struct Scene {
    house: House,
    one: SamlService,
    two: SamlService,
    visitor: Visitor,
    carried: Carried,
}

impl Scene {
    async fn open(house: &House) -> Self {
        let anna = house.employee("anna").await;
        let (one, two) = (by_redirect(house, "one").await, by_redirect(house, "two").await);
        let mut visitor = house.visitor();
        let first = at(house, &anna, &mut visitor, &one).await;
        at(house, &anna, &mut visitor, &two).await;
        let page = log_out_at(house, &mut visitor, &one, &first).await;
        let page = within(house, &mut visitor, page).await;
        let carried = step(&page);
        Self { house: house.clone(), one, two, visitor, carried }
    }

    fn sound(&self) -> String {
        response(&self.house, &self.two, &self.carried.attribute("ID"), &[SUCCESS])
    }

    fn query(&self, by: &SamlService, xml: &str, state: Option<&str>) -> String {
        format!("{}?{}", self.house.url("/saml/slo"), by.how().query("SAMLResponse", xml, state))
    }

    fn state(&self) -> Option<&str> {
        self.carried.relay_state.as_deref()
    }
}

#[track_caller]
fn refused(name: &str, page: &Page, reason: &str) {
    assert_eq!((page.status, page.location()), (400, None), "{name}: {}", page.describe());
    log::expect_one(&incident(page).expect("an incident"), "slo.rejected", reason);
}

#[tokio::test]
async fn a23_answers_that_do_not_count() {
    on_both(|house| async move {
        let mut scene = Scene::open(&house).await;
        let (sound, id) = (scene.sound(), scene.carried.attribute("ID"));
        let old = sound.replacen(&instant(&house, 0), &instant(&house, -181), 1);
        let elsewhere = response_for(&house, &scene.two, &id, ("https://elsewhere.test/slo", &[SUCCESS]));
        let other = response(&house, &scene.two, "_nobody-asked-this", &[SUCCESS]);
        let of_one = response(&house, &scene.one, &id, &[SUCCESS]);
        let unsigned = scene.two.how().unsigned_query("SAMLResponse", &sound, scene.state());
        let unsigned = unsigned.split("&SigAlg=").next().expect("a query").to_owned();
        let wrong_state = scene.state().map(|state| state.replace(|letter: char| letter.is_ascii_digit(), "0"));
        for (name, place, reason) in [
            ("unsigned", format!("{}?{unsigned}", house.url("/saml/slo")), "unsigned"),
            ("signed by another", scene.query(&scene.one, &sound, scene.state()), "wrong_key"),
            ("in another's name", scene.query(&scene.one, &of_one, scene.state()), "in_response_to"),
            ("to another question", scene.query(&scene.two, &other, scene.state()), "in_response_to"),
            ("for another address", scene.query(&scene.two, &elsewhere, scene.state()), "destination"),
            ("too old", scene.query(&scene.two, &old, scene.state()), "clock"),
            ("without the state", scene.query(&scene.two, &sound, None), "relaystate"),
            ("with another state", scene.query(&scene.two, &sound, wrong_state.as_deref()), "in_response_to"),
            ("with a state that is none", scene.query(&scene.two, &sound, Some("x")), "relaystate"),
        ] {
            refused(name, &scene.visitor.get(place).await, reason);
            assert_eq!(waiting(&house).await, (1, 1), "{name}");
        }
        let good = scene.query(&scene.two, &sound, scene.state());
        let mut visitor = scene.visitor.clone();
        let page = go(&house, &mut visitor, &good).await;
        assert_eq!(sent(&page).codes(), [SUCCESS], "the control");
        refused("again", &scene.visitor.get(good).await, "in_response_to");
        assert_eq!(house.events("slo.told").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a23_an_answer_counts_only_in_the_browser_that_was_asked() {
    on_both(|house| async move {
        let scene = Scene::open(&house).await;
        let good = answer(&house, &scene.two, &scene.carried, &[SUCCESS]);
        let mut other = house.visitor();
        refused("by redirect", &other.get(&good).await, "relaystate");
        // By a form no browser shows a cookie; it does when it is sent on.
        let xml = scene.two.how().sign(&scene.sound());
        let fields = [
            ("SAMLResponse".to_owned(), openssl::base64::encode_block(xml.as_bytes())),
            ("RelayState".to_owned(), scene.state().expect("a state").to_owned()),
        ];
        let page = scene.two.post_fields(&mut other, &house.url("/saml/slo"), &fields).await;
        let place = page.location().expect("an address");
        refused("by form", &other.get(place.as_str()).await, "cookie");
        // A logout of one's own does not help: what was said belongs to the one it was said in.
        let second = Scene::open_for(&house, "bo").await;
        let swapped = place.as_str().replacen(scene.state().expect("a state"), second.state().expect("a state"), 1);
        refused("swapped", &second.visitor.clone().get(swapped).await, "answer");
        // Nor can the browser say it by itself.
        let made_up = place.as_str().replace(".told.", ".skipped.");
        refused("made up", &scene.visitor.clone().get(made_up).await, "answer");
        assert_eq!(waiting(&house).await, (2, 2));
        let mut visitor = scene.visitor.clone();
        let page = go(&house, &mut visitor, place.as_str()).await;
        assert_eq!(sent(&page).codes(), [SUCCESS], "the control");
        assert_eq!(waiting(&house).await, (1, 1));
    })
    .await;
}

impl Scene {
    /// The same for somebody else, at the same services.
    async fn open_for(house: &House, name: &str) -> Self {
        let who = house.employee(name).await;
        let (one, two) = (SamlService::named("one"), SamlService::named("two"));
        let mut visitor = house.visitor();
        let first = at(house, &who, &mut visitor, &one).await;
        at(house, &who, &mut visitor, &two).await;
        let page = log_out_at(house, &mut visitor, &one, &first).await;
        let page = within(house, &mut visitor, page).await;
        let carried = step(&page);
        Self { house: house.clone(), one, two, visitor, carried }
    }
}

#[tokio::test]
async fn a23_an_answer_that_nobody_asked_for_ends_nothing() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let one = by_redirect(&house, "one").await;
        let mut visitor = house.visitor();
        at(&house, &anna, &mut visitor, &one).await;
        let xml = response(&house, &one, "_nobody-asked", &[SUCCESS]);
        for state in [None, Some("x"), Some("00000000-0000-4000-8000-000000000000")] {
            let page = visitor.get(format!("{}?{}", house.url("/saml/slo"), one.how().query("SAMLResponse", &xml, state))).await;
            assert_eq!(page.status, 400, "{}", page.describe());
        }
        assert!(super::is_logged_in(&house, &mut visitor).await);
    })
    .await;
}

#[tokio::test]
async fn a23_another_s_session_is_not_ended_and_nobody_is_told() {
    on_both(|house| async move {
        let (anna, bo) = (house.employee("anna").await, house.employee("bo").await);
        let (one, two) = (by_redirect(&house, "one").await, by_redirect(&house, "two").await);
        let (mut hers, mut his) = (house.visitor(), house.visitor());
        let at_one = at(&house, &anna, &mut hers, &one).await;
        let at_two = at(&house, &anna, &mut hers, &two).await;
        let of_bo = at(&house, &bo, &mut his, &one).await;
        let with = |index: &str, name_of: &crate::actors::Assertion| {
            let mut request = one.logout_request(&house, name_of);
            request.session_indexes = vec![index.to_owned()];
            one.redirect(&house.url("/saml/slo"), &request.xml(), None)
        };
        for (name, place) in [
            ("another service's index", with(&at_two.session_index, &at_one)),
            ("another person's name", with(&at_one.session_index, &of_bo)),
        ] {
            let page = hers.get(place).await;
            assert!(sent(&page).codes().iter().any(|code| code.ends_with(":UnknownPrincipal")), "{name}: {}", page.describe());
            assert!(super::is_logged_in(&house, &mut hers).await && super::is_logged_in(&house, &mut his).await, "{name}");
        }
        let request = one.logout_request(&house, &at_one);
        let unsigned = one.how().unsigned_query("SAMLRequest", &request.xml(), None);
        let unsigned = unsigned.split("&SigAlg=").next().expect("a query");
        refused("unsigned", &hers.get(format!("{}?{unsigned}", house.url("/saml/slo"))).await, "unsigned");
        assert_eq!(waiting(&house).await, (0, 0));
        let place = one.redirect(&house.url("/saml/slo"), &request.xml(), None);
        let page = hers.get(&place).await;
        let page = within(&house, &mut hers, page).await;
        assert_eq!(step(&page).to, "https://two.test/slo", "the control");
        assert!(super::is_logged_in(&house, &mut his).await);
        refused("again", &hers.get(place).await, "replay");
    })
    .await;
}
