//! Nothing of a mail goes in clear, whatever the server or somebody on the way does: no STARTTLS, an offer taken back,
//! answers slipped in, old protocols, certificates of others, for others or of yesterday.

use lettre::transport::smtp::authentication::Credentials;
use openssl::ssl::SslVersion;
use portvagt::{service::notices::line::Security, storage::outbox::State};

use super::{
    mails, office,
    pki::Authority,
    server::{Mood, Server},
    settled, turn,
};
use crate::house::on_both;

#[tokio::test(flavor = "multi_thread")]
async fn a_downgrade_gets_nothing() {
    on_both(|house| async move {
        let authority = Authority::new();
        let good = authority.issue("localhost");
        let server = Server::start(Some(&good)).await;
        let mut office = office(&house, server.port, &authority);
        office.postman.credentials = Some(Credentials::new("portvagt".to_owned(), "a mail password".to_owned()));
        settled(&house).await;
        house.set_password("anna", "nine red kettles of anna").await.expect("a password");
        let stranger = Authority::stranger();
        let cases = [
            ("no_starttls", Mood::Stripped, good.clone(), None),
            ("no_starttls", Mood::Refuses, good.clone(), None),
            ("starttls_injection", Mood::Injects, good.clone(), None),
            ("tls (handshake)", Mood::Kind, good.clone(), Some(SslVersion::TLS1_1)),
            ("tls (unable to get local issuer certificate)", Mood::Kind, stranger.issue("localhost"), None),
            ("tls (hostname mismatch)", Mood::Kind, authority.issue("mail.elsewhere.test"), None),
            ("tls (certificate has expired)", Mood::Kind, authority.issue_expired("localhost"), None),
        ];
        for (reason, mood, pair, newest) in cases {
            server.is(mood);
            server.shows(&pair, newest);
            assert_eq!(turn(&house, &office).await, 0, "{reason}");
            assert_eq!(mails(&house, State::Queued).await[0].reason.as_deref(), Some(reason));
            for line in server.heard_in_clear() {
                assert!(["EHLO login.testkommune.test", "STARTTLS", "QUIT"].contains(&line.as_str()), "{reason}: in clear: {line}");
            }
            assert!(server.kept().is_empty(), "{reason}");
            house.advance(3600);
        }
        // The control: the same mail, the same server, with nothing wrong.
        server.is(Mood::Kind);
        server.shows(&good, None);
        assert_eq!(turn(&house, &office).await, 1);
        assert!(server.kept()[0].secure && server.kept()[0].to == "anna@testkommune.test");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_demo_speaks_in_clear_and_then_without_a_password() {
    on_both(|house| async move {
        let authority = Authority::new();
        let server = Server::start(None).await;
        let mut office = office(&house, server.port, &authority);
        office.postman.credentials = Some(Credentials::new("portvagt".to_owned(), "a mail password".to_owned()));
        settled(&house).await;
        house.set_password("anna", "nine red kettles of anna").await.expect("a password");
        assert_eq!(turn(&house, &office).await, 0, "a server without TLS");
        assert!(server.heard_in_clear().iter().all(|line| ["EHLO login.testkommune.test", "QUIT"].contains(&line.as_str())));
        office.postman.security = Security::Plain;
        house.advance(61);
        assert_eq!(turn(&house, &office).await, 1);
        assert!(!server.heard_in_clear().iter().any(|line| line.starts_with("AUTH")), "{:?}", server.heard_in_clear());
    })
    .await;
}
