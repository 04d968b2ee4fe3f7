//! Logins that only their browser knows of: looking costs nothing to keep, what the browser holds is ours and nobody else's,
//! and each begins once.

use reqwest::Method;
use url::Url;

use crate::{
    activation::Invited,
    house::{House, at_once, on_both},
    visitor::{Page, Visitor},
};

const DOORS: [&str; 4] = ["/login", "/activate", "/recover", "/lock"];

async fn flows(house: &House) -> i64 {
    house.count("SELECT COUNT(*) FROM flows").await
}

fn flow_of(page: &Page) -> String {
    page.url.query_pairs().find(|(name, _)| name == "flow").expect("a flow").1.into_owned()
}

fn cookie(visitor: &Visitor, flow: &str) -> String {
    visitor.cookies.value(&format!("__Host-flow-{}", &flow[..8])).expect("its cookie").to_owned()
}

#[tokio::test]
async fn looking_writes_nothing() {
    on_both(|house| async move {
        for door in DOORS {
            for _ in 0..20 {
                let mut visitor = house.visitor();
                let page = visitor.open(house.url(door)).await;
                assert_eq!(page.status, 200, "{}", page.describe());
                let url = Url::parse(&house.url(door)).expect("an address");
                assert_eq!(house.visitor().send(Method::HEAD, &url, None, &[], vec![]).await.status, 303);
            }
        }
        assert_eq!((flows(&house).await, house.count("SELECT COUNT(*) FROM throttles").await), (0, 0));
        // And from each of them it goes on.
        let anna = house.employee("anna").await;
        let mut visitor = anna.at_home(&house).await;
        assert_eq!(visitor.get(house.url("/account")).await.status, 200);
        let mut visitor = house.visitor();
        let page = visitor.open(house.url("/recover")).await;
        let page = visitor.submit_form(&page, "/recover", &[("user_name", "anna"), ("why", "password")]).await;
        assert!(page.find_form("/activate/code").is_some(), "{}", page.describe());
        Invited::new(&house, "bo").await.at_proof(&house, &mut house.visitor()).await;
        assert_eq!(flows(&house).await, 2);
        let mut visitor = house.visitor();
        let page = visitor.open(house.url("/lock")).await;
        let page = visitor.submit_form(&page, "/lock", &[("user_name", "anna"), ("password", &anna.password)]).await;
        assert_eq!(page.status, 200, "{}", page.describe());
        assert_eq!(house.events("person.locked").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_a_browser_makes_up_is_no_login() {
    on_both(|house| async move {
        let here = Url::parse(&house.base).expect("an address");
        let mut visitor = house.visitor();
        let page = visitor.open(house.url("/login")).await;
        let flow = flow_of(&page);
        let genuine = cookie(&visitor, &flow);
        let name = format!("__Host-flow-{}", &flow[..8]);
        let [token, stage, end, proof] = genuine.split('.').collect::<Vec<_>>()[..] else { panic!("{genuine}") };
        assert_eq!(stage, "start");
        let later = end.parse::<i64>().expect("a time") + 1;
        let lock = visitor.open(house.url("/lock")).await;
        let other = cookie(&visitor, &flow_of(&lock));
        let other_token = other.split('.').next().expect("a token").to_owned();
        for made_up in [
            format!("{token}.self-lock.{end}.{proof}"),
            format!("{token}.done.{end}.{proof}"),
            format!("{token}.start.{later}.{proof}"),
            format!("{token}.start.{end}.{}", proof.replace(&proof[..2], "AA")),
            format!("{token}.start.{end}."),
            format!("{token}.start.{end}"),
            token.to_owned(),
            format!("{other_token}.start.{end}.{proof}"),
            other.clone(),
        ] {
            let mut forger = house.visitor();
            forger.cookies.set(&here, &name, &made_up);
            for path in ["/login", "/lock"] {
                let page = forger.open(house.url(&format!("{path}?flow={flow}"))).await;
                assert_eq!(page.status, 400, "{made_up}: {}", page.describe());
            }
        }
        let page = visitor.open(house.url(&format!("/login?flow={flow}"))).await;
        assert!(page.find_form("/login/password").is_some(), "the control: {}", page.describe());
        house.advance(901);
        let page = visitor.open(house.url(&format!("/login?flow={flow}"))).await;
        assert_eq!(page.status, 400, "over: {}", page.describe());
    })
    .await;
}

#[tokio::test]
async fn each_begins_once() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        let sent = (0..6).map(|_| {
            let (mut tab, page, anna) = (visitor.clone(), page.clone(), &anna);
            async move {
                let form = page.form("/login/password").with("user_name", &anna.username).with("password", &anna.password);
                tab.submit(&page, &form).await.status
            }
        });
        let statuses = at_once(sent).await;
        assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
        assert_eq!(flows(&house).await, 1);
        // The old cookie opens nothing while the login is under way, and after it no more than the first page.
        let seen = visitor.open(&page.url).await;
        assert_eq!(seen.status, 400, "{}", seen.describe());
        house.change("DELETE FROM flows").await;
        let again = anna.enter_password(&mut visitor, &page).await;
        assert!(again.find_form("/login/totp").is_some() || again.status >= 400, "{}", again.describe());
        assert!(visitor.cookies.value("__Host-session").is_none());
    })
    .await;
}
