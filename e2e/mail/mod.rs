//! Notices by mail: what is sent for which act, to whom and how; what happens when the mail server is in trouble (R20);
//! what names and headers cannot do (B14, B22). A scripted server plays the trouble, Debian's Exim is the real one.

/// Debian's Exim, as the suite starts it.
mod exim;
/// What is told, and what is not (B14, B22).
pub(crate) mod notices;
/// Certificates.
pub(crate) mod pki;
/// The real mail server.
mod real;
/// Nothing in clear.
mod secure;
/// A server that misbehaves.
pub(crate) mod server;
/// A mail server in trouble (R20).
mod trouble;

use std::time::Duration;

use portvagt::{
    service::notices::{
        delivery::{self, Office, Patience},
        line::{self, Security},
        post::Postman,
        words::Site,
    },
    storage::outbox::{self, Mail, State},
};

use crate::house::House;
use pki::Authority;

/// How the program would reach that server, trusting that authority.
pub(crate) fn office(house: &House, port: u16, authority: &Authority) -> Office {
    Office {
        postman: Postman {
            host: "localhost".to_owned(),
            port,
            security: Security::Starttls(line::connector(Some(&authority.pem())).expect("a client")),
            hello: "login.testkommune.test".to_owned(),
            credentials: None,
            timeout: Duration::from_secs(10),
        },
        site: Site {
            organisation: "Testkommune".to_owned(),
            base_url: house.base.clone(),
            contact: "servicedesk@testkommune.test".to_owned(),
        },
        from: "login@testkommune.test".to_owned(),
        reply_to: None,
        host: "login.testkommune.test".to_owned(),
        patience: Patience { first_retry: 60, longest_retry: 3600, give_up: 86_400 },
    }
}

/// One turn of the job; how many mails a server took.
pub(crate) async fn turn(house: &House, office: &Office) -> u32 {
    delivery::deliver(&house.app.ground, office, 100).await.expect("the database answers")
}

/// All mails in this state.
pub(crate) async fn mails(house: &House, state: State) -> Vec<Mail> {
    outbox::list(house.db(), Some(state), 10_000).await.expect("the database answers")
}

/// A house where `anna` works, and whose outbox is empty.
pub(crate) async fn settled(house: &House) -> crate::actors::Employee {
    let anna = house.employee("anna").await;
    let authority = Authority::new();
    let server = server::Server::start(Some(&authority.issue("localhost"))).await;
    turn(house, &office(house, server.port, &authority)).await;
    house.advance(1);
    portvagt::jobs::forget_mails(&house.app.ground, 0).await.expect("the database answers");
    anna
}
