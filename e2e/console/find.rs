//! Finding people: by the beginning of words, by UUID, by CPR number; page by page; within one's reach only. What is typed stays
//! text (C05), wildcards and quotes mean themselves (C06), and no CPR number comes back or stands in an address (C09).

use portvagt::domain::{
    person::Person,
    role::{Role, Scope},
};

use super::{Clerk, OTHER, colleague, on_both, other};
use crate::{
    house::{CVR, House},
    visitor::Page,
};

async fn find(house: &House, clerk: &mut Clerk, text: &str) -> Page {
    clerk.post(house, "/admin/people/find", &[("query", text)]).await
}

fn shows(page: &Page, person: &Person) -> bool {
    page.body.contains(&format!("/admin/person?person={}", person.id))
}

#[tokio::test]
async fn people_are_found_within_reach_and_nobody_else() {
    on_both(|house| async move {
        other(&house).await;
        let (near, far) = (colleague(&house, CVR, "near").await, colleague(&house, OTHER, "far").await);
        let numbered = house.stranger("nina", "010180-1234").await;
        let mut clerk = Clerk::new(&house, "clerk", Role::UserAdministrator).await;
        let mut admin = Clerk::new(&house, "admin", Role::Administrator).await;
        let uuid = |person: &Person| person.persistent_uuid.to_string();
        for text in ["andersen", "ANDERS", "", &uuid(&near), &near.id.to_string(), "given near", "near@andenkommune"] {
            let page = find(&house, &mut clerk, text).await;
            assert!(page.status == 200 && shows(&page, &near), "{text}: {}", page.describe());
        }
        for text in ["andersen", "far", &uuid(&far), &far.id.to_string()] {
            assert!(!shows(&find(&house, &mut clerk, text).await, &far), "{text}");
            assert!(shows(&find(&house, &mut admin, text).await, &far), "{text}: the control");
        }
        for text in ["ndersen", "%", "_", "' OR '1'='1", "a' UNION SELECT 1 --", "\\"] {
            let page = find(&house, &mut clerk, text).await;
            assert!(page.status == 200 && !shows(&page, &near), "{text}: {}", page.describe());
        }
        let hostile = find(&house, &mut clerk, "\"><script>alert(1)</script>").await;
        assert!(!hostile.body.contains("<script>alert"), "{}", hostile.describe());

        for text in ["010180-1234", "0101801234", " 010180-1234 "] {
            let page = find(&house, &mut clerk, text).await;
            assert!(shows(&page, &numbered) && !page.body.contains("1801234") && !page.body.contains("180-1234"), "{}", page.describe());
            assert!(!page.url.as_str().contains("1234"));
        }
        assert!(!shows(&find(&house, &mut clerk, "020280-1234").await, &numbered));
        assert_eq!(house.events("cpr.sought").await.len(), 4, "each search by number is in the trail");

        // Another organisation chosen by hand shows nobody of it.
        let organisation = far.organisation.to_string();
        let page = clerk.post(&house, "/admin/people/find", &[("organisation", &organisation), ("query", "andersen")]).await;
        assert!(!shows(&page, &far) && !shows(&page, &near), "{}", page.describe());
        let page = clerk.open(&house, &format!("/admin/people?organisation={organisation}")).await;
        assert!(!shows(&page, &far), "{}", page.describe());
    })
    .await;
}

#[tokio::test]
async fn long_lists_come_page_by_page_and_filters_hold() {
    on_both(|house| async move {
        for number in 0..30 {
            colleague(&house, CVR, &format!("many{number:02}")).await;
        }
        house.suspend("many07").await;
        let mut clerk = Clerk::new(&house, "clerk", Role::Supporter).await;
        let first = clerk.open(&house, "/admin/people").await;
        let all = |page: &Page| page.body.matches("/admin/person?person=").count();
        assert_eq!(all(&first), 25, "{}", first.describe());
        let more = first.forms().into_iter().rfind(|form| form.action.as_str().ends_with("/admin/people/find")).expect("a next page");
        let after = first.body.split("name=\"after\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a key").to_owned();
        drop(more);
        let second = clerk.post(&house, "/admin/people/find", &[("after", &after)]).await;
        assert_eq!(all(&second), 6, "30 and the clerk: {}", second.describe());
        let locked = clerk.open(&house, "/admin/people?state=locked").await;
        assert!(all(&locked) == 1 && locked.body.contains("many07"), "{}", locked.describe());
        let unused = clerk.open(&house, "/admin/people?unused=1&state=active").await;
        assert!(!unused.body.contains("Given clerk Prøvesen</a>"), "the clerk has a second factor");
        for bad in ["state=%27", "after=x", "organisation=%00", "unused=%ff"] {
            assert!(clerk.open(&house, &format!("/admin/people?{bad}")).await.status < 500, "{bad}");
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_may_creates_people_without_a_password() {
    on_both(|house| async move {
        let away = other(&house).await;
        let mut clerk = Clerk::new(&house, "clerk", Role::UserAdministrator).await;
        let home = house.person("clerk").await.organisation.to_string();
        let hostile = "<img src=x onerror=alert(1)>";
        let fields = |organisation: &'static str| {
            [
                ("username", "ny"),
                ("given_name", hostile),
                ("family_name", "Ny"),
                ("email", "ny@testkommune.test"),
                ("cpr", "010180-1234"),
                ("x", organisation),
            ]
        };
        let mut all = fields("").to_vec();
        all.push(("organisation", &home));
        let added = clerk.post(&house, "/admin/people/new", &all).await;
        assert_eq!(added.status, 303, "{}", added.describe());
        let ny = house.person("ny").await;
        let page = clerk.person(&house, ny.id).await;
        assert!(page.status == 200 && !page.body.contains("<img src=x") && page.body.contains("010180-****"), "{}", page.describe());
        assert_eq!(house.count("SELECT COUNT(*) FROM passwords WHERE person IN (SELECT id FROM people WHERE username = 'ny')").await, 0);
        let by = format!("person:{}", house.person("clerk").await.id);
        assert!(house.events("person.added").await.iter().any(|event| event.actor == by));
        let away = away.id.to_string();
        for (change, value) in [
            ("organisation", away.as_str()),
            ("username", "ny"),
            ("username", "a b"),
            ("cpr", "123"),
            ("email", "a\u{7}b"),
            ("given_name", " "),
        ] {
            let mut all = vec![
                ("organisation", home.as_str()),
                ("username", "nyere"),
                ("given_name", "Nyere"),
                ("family_name", "Ny"),
                ("email", ""),
                ("cpr", ""),
            ];
            all.retain(|(name, _)| *name != change);
            all.push((change, value));
            let page = clerk.post(&house, "/admin/people/new", &all).await;
            assert_eq!(page.status, 422, "{change}={value}: {}", page.describe());
        }
        // A right in one organisation is none in another.
        let mut far = Clerk::new_in(&house, "far", Role::UserAdministrator, Scope::Organisation(other(&house).await.id)).await;
        assert_eq!(far.person(&house, ny.id).await.status, 404);
    })
    .await;
}
