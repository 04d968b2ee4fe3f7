//! Against Debian's Exim: the program's own job sends what acts queued, over STARTTLS and over TLS, with a login.

use lettre::transport::smtp::authentication::Credentials;
use portvagt::{
    jobs::{Chores, Jobs},
    service::notices::{
        delivery,
        line::{self, Security},
    },
    storage::outbox::State,
};

use super::{exim::Exim, mails, office, pki::Authority, settled};
use crate::house::on_both;

#[tokio::test(flavor = "multi_thread")]
async fn a_real_server_gets_the_mail_within_a_minute() {
    on_both(|house| async move {
        let authority = Authority::new();
        let pair = authority.issue("localhost");
        let exim = tokio::task::spawn_blocking(move || Exim::start(&pair)).await.expect("Exim starts");
        let mut office = office(&house, exim.port, &authority);
        office.postman.credentials = Some(Credentials::new("portvagt".to_owned(), "a mail password".to_owned()));
        office.reply_to = Some("servicedesk@testkommune.test".to_owned());
        settled(&house).await;
        house.set_password("anna", "nine red kettles of anna").await.expect("a password");
        house.suspend("anna").await;
        let chores = Chores {
            keep_events: 400 * 86_400,
            keep_mails: 86_400,
            patience: office.patience,
            office: Some(office.clone()),
            mails_a_minute: 120,
            desk: house.app.desk.clone(),
        };
        let jobs = Jobs::start(&house.app.ground, chores);
        let arrived = exim.mails(2).await;
        jobs.stop().await;
        assert_eq!((mails(&house, State::Sent).await.len(), mails(&house, State::Queued).await.len()), (2, 0));
        for mail in &arrived {
            for expected in [
                "Envelope-to: anna@testkommune.test\n",
                "Return-path: <login@testkommune.test>\n",
                "with esmtpsa",
                "tls TLS_",
                "From: Testkommune <login@testkommune.test>\n",
                "Reply-To: servicedesk@testkommune.test\n",
                "Auto-Submitted: auto-generated\n",
                "@login.testkommune.test>\n",
                "text/plain; charset=utf-8",
                "text/html; charset=utf-8",
            ] {
                assert!(mail.contains(expected), "{expected:?} in {mail}");
            }
            assert!(!mail.contains("\nList-") && !mail.contains("\nBcc"));
        }
        // TLS from the first byte.
        office.postman.port = exim.tls_port;
        office.postman.security = Security::Tls(line::connector(Some(&authority.pem())).expect("a client"));
        let tested = delivery::test(&house.app.ground, &office, "bo@testkommune.test", portvagt::domain::language::Language::En).await;
        assert_eq!(tested, Ok(()));
        assert!(exim.mails(3).await.iter().any(|mail| mail.contains("Subject: Testkommune: Test mail")));
        // The server's own demands: no login, no mail; and one that is nobody's is refused.
        office.postman.credentials = None;
        let refused = delivery::test(&house.app.ground, &office, "bo@testkommune.test", Default::default()).await;
        assert_eq!(refused.expect_err("no login").reason, "550 at recipient");
        office.postman.credentials = Some(Credentials::new("portvagt".to_owned(), "wrong".to_owned()));
        let refused = delivery::test(&house.app.ground, &office, "bo@testkommune.test", Default::default()).await;
        assert_eq!(refused.expect_err("a wrong password").reason, "535 at login");
        // Only what this machine trusts: the tests' authority is not among it.
        office.postman.security = Security::Tls(line::connector(None).expect("a client"));
        let refused = delivery::test(&house.app.ground, &office, "bo@testkommune.test", Default::default()).await;
        assert!(refused.expect_err("an unknown authority").reason.starts_with("tls ("), "{}", exim.log());
        assert_eq!(exim.mails(3).await.len(), 3);
    })
    .await;
}
