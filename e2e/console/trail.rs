//! The audit trail in the console (C08): searched within one's reach, taken out without formulas (C11), verified; nobody can
//! change or delete an event there, and what was changed in the database is named.

use portvagt::domain::role::{Role, Scope};
use reqwest::Method;
use url::Url;

use super::{Clerk, OTHER, colleague, on_both, other};
use crate::house::CVR;

#[tokio::test]
async fn the_trail_is_searched_and_taken_out() {
    on_both(|house| async move {
        let away = other(&house).await;
        let (near, far) = (colleague(&house, CVR, "near").await, colleague(&house, OTHER, "far").await);
        house.suspend("near").await;
        let mut auditor = Clerk::new(&house, "auditor", Role::Auditor).await;
        let mut admin = Clerk::new(&house, "admin", Role::Administrator).await;
        let all = auditor.open(&house, "/admin/trail").await;
        assert!(all.status == 200 && all.body.contains(&near.full_name()), "{}", all.describe());
        assert!(!all.body.contains(&far.full_name()), "another organisation's people");
        assert!(admin.open(&house, "/admin/trail").await.body.contains(&far.full_name()), "the control");
        for (query, shows) in [
            ("person=near", true),
            ("person=near&kind=person.locked", true),
            ("person=near&kind=person.x", false),
            ("kind=person.locked", true),
            ("kind=person_locked", false),
            ("actor=operator:suite", true),
            ("actor=system", false),
            ("from=2020-01-01&to=2100-01-01&kind=person.locked", true),
            ("from=2100-01-01", false),
            ("person=nobody", false),
            ("from=yesterday", false),
            ("kind=%27+OR+1%3D1+--", false),
            ("before=nonsense&kind=person.locked", true),
        ] {
            let page = auditor.open(&house, &format!("/admin/trail?{query}")).await;
            let found = page.body.contains("<code>person.locked</code>");
            assert_eq!((page.status, found), (200, shows), "{query}: {}", page.describe());
        }
        let incident = house.events("person.locked").await[0].incident.clone();
        assert!(auditor.open(&house, &format!("/admin/trail?incident={incident}")).await.body.contains("<code>person.locked</code>"));
        let foreign = auditor.open(&house, &format!("/admin/trail?person={}", far.id)).await;
        assert!(!foreign.body.contains(&far.full_name()), "{}", foreign.describe());
        let read = house.events("trail.read").await;
        assert!(read.iter().all(|one| one.subject.as_deref() == Some(&near.id.to_string())) && read.len() == 3, "{read:?}");

        let table = auditor.post(&house, "/admin/trail/export", &[("kind", "person.locked")]).await;
        assert_eq!((table.status, table.header("content-type")), (200, "text/csv; charset=utf-8"));
        assert!(table.header("content-disposition").contains("attachment"));
        let lines: Vec<&str> = table.body.lines().collect();
        assert!(lines.len() == 2 && lines[1].contains("\"person.locked\"") && lines[1].contains(&near.id.to_string()), "{lines:?}");
        assert_eq!(house.events("trail.exported").await.len(), 1);
        let mut far_auditor = Clerk::new_in(&house, "far-auditor", Role::Auditor, Scope::Organisation(away.id)).await;
        let table = far_auditor.post(&house, "/admin/trail/export", &[("kind", "person.locked")]).await;
        assert_eq!(table.body.lines().count(), 1, "none of theirs was locked");
    })
    .await;
}

#[tokio::test]
async fn long_trails_come_page_by_page() {
    on_both(|house| async move {
        for number in 0..60 {
            colleague(&house, CVR, &format!("many{number:02}")).await;
        }
        let mut auditor = Clerk::new(&house, "auditor", Role::Auditor).await;
        let first = auditor.open(&house, "/admin/trail?kind=person.added").await;
        let count = |body: &str| body.matches("<code>person.added</code>").count();
        assert_eq!(count(&first.body), 50, "{}", first.describe());
        let next = first.body.split("href=\"/admin/trail?").find(|rest| rest.contains("before=")).and_then(|rest| rest.split('"').next());
        let next = next.expect("a next page").replace("&#38;", "&").replace("&amp;", "&");
        let second = auditor.open(&house, &format!("/admin/trail?{next}")).await;
        assert_eq!(count(&second.body), 11, "{}", second.describe());
    })
    .await;
}

#[tokio::test]
async fn what_was_changed_in_the_database_is_named_and_nobody_deletes() {
    on_both(|house| async move {
        let mut auditor = Clerk::new(&house, "auditor", Role::Auditor).await;
        portvagt::service::trail::seal_now(house.db(), house.app.ground.clock.now()).await.expect("a seal");
        let good = auditor.post(&house, "/admin/trail/verify", &[]).await;
        assert!(good.status == 200 && good.body.contains("alert-success"), "{}", good.describe());
        let mut admin = Clerk::new(&house, "admin", Role::Administrator).await;
        for method in [Method::DELETE, Method::PUT, Method::PATCH] {
            for path in ["/admin/trail", "/admin/trail/export", "/admin/trail/verify"] {
                let url = Url::parse(&house.url(path)).expect("an address");
                assert_eq!(admin.visitor.send(method.clone(), &url, None, &[], vec![]).await.status, 405, "{method} {path}");
            }
        }
        house.change("UPDATE audit_events SET actor = 'operator:other' WHERE kind = 'person.added'").await;
        let bad = auditor.post(&house, "/admin/trail/verify", &[]).await;
        assert!(bad.status == 200 && bad.body.contains("alert-error"), "{}", bad.describe());
        let told = house.events("trail.verified").await;
        let ok: Vec<&str> = told.iter().map(|one| one.details["ok"].as_str()).collect();
        assert!(ok.contains(&"true") && ok.contains(&"false"), "{ok:?}");
    })
    .await;
}
