//! The mail server is down, slow, says "not now" or "never", breaks off at the worst moment, or is away for hours (R20):
//! logging in goes on, nothing is lost, and nothing arrives more than twice.

use std::{collections::HashMap, time::Duration};

use portvagt::{
    domain::{audit::Kind, notice::Notice},
    service::notices,
    storage::outbox::State,
};

use super::{
    mails, office,
    pki::Authority,
    server::{Mood, Server},
    settled, turn,
};
use crate::house::{House, on_both};

/// A server with a good certificate, and its authority.
async fn server() -> (Server, Authority) {
    let authority = Authority::new();
    (Server::start(Some(&authority.issue("localhost"))).await, authority)
}

/// One act that its owner is told of.
async fn act(house: &House) {
    let (ground, anna) = (&house.app.ground, house.person("anna").await.id);
    let mut tx = ground.db.begin().await.expect("a transaction");
    notices::queue(ground, &mut tx, anna, Notice::PasswordChanged).await.expect("queued");
    let event = house.operator().event(ground, Kind::PasswordSet).about(anna);
    tx.commit(event).await.expect("committed");
}

/// Copies by Message-ID.
fn copies(server: &Server) -> HashMap<String, usize> {
    let mut copies = HashMap::new();
    for mail in server.kept() {
        let id = mail.text.lines().find_map(|line| line.strip_prefix("Message-ID: ")).expect("a Message-ID").to_owned();
        *copies.entry(id).or_default() += 1;
    }
    copies
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_server_does_people_log_in_and_the_mail_arrives_once_it_can() {
    on_both(|house| async move {
        let (server, authority) = server().await;
        let mut office = office(&house, server.port, &authority);
        office.postman.timeout = Duration::from_millis(1500);
        let anna = settled(&house).await;
        let troubles = [
            (Mood::Mute, "timeout at connection"),
            (Mood::Greets("421 too busy"), "greeting"),
            (Mood::Greets("554 go away"), "greeting"),
            (Mood::Greets("HTTP/1.1 400 Bad Request"), "greeting"),
            (Mood::Sender("451 later"), "451 at sender"),
            (Mood::Sender("530 who are you"), "530 at sender"),
            (Mood::Recipient("450 greylisted"), "450 at recipient"),
            (Mood::Message("452 full"), "452 at message"),
        ];
        for (mood, reason) in troubles {
            server.is(mood);
            act(&house).await;
            let at_it = tokio::spawn({
                let (house, office) = (house.clone(), office.clone());
                async move { turn(&house, &office).await }
            });
            anna.at_home(&house).await;
            assert_eq!(at_it.await.expect("the job ends"), 0, "{mood:?}");
            let waiting = mails(&house, State::Queued).await;
            let told: Vec<_> = waiting.iter().filter_map(|mail| mail.reason.as_deref()).collect();
            assert!(!told.is_empty() && told.iter().all(|told| *told == reason), "{mood:?}: {told:?}");
            assert!(server.kept().is_empty(), "{mood:?}");
            server.is(Mood::Kind);
            assert!(turn(&house, &office).await <= 1, "{mood:?}: what failed waits first");
            house.advance(3600);
            turn(&house, &office).await;
            assert!(mails(&house, State::Queued).await.is_empty(), "{mood:?}");
            assert!(copies(&server).values().all(|copies| *copies == 1), "{mood:?}");
            assert!(copies(&server).len() >= 2, "{mood:?}: the act and the login");
            server.forget();
        }
        server.goes_down().await;
        act(&house).await;
        anna.at_home(&house).await;
        assert_eq!(turn(&house, &office).await, 0);
        server.comes_up().await;
        house.advance(61);
        assert!(turn(&house, &office).await >= 1, "and after all that it still sends");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_for_good_is_put_aside_at_once_and_an_operator_may_try_again() {
    on_both(|house| async move {
        let (server, authority) = server().await;
        let office = office(&house, server.port, &authority);
        settled(&house).await;
        for (mood, reason) in [
            (Mood::Recipient("550 5.1.1 no such user anna@testkommune.test"), "550 at recipient"),
            (Mood::Message("554 spam"), "554 at message"),
        ] {
            server.is(mood);
            act(&house).await;
            turn(&house, &office).await;
            let dead = mails(&house, State::Dead).await;
            assert_eq!(dead.len(), 1, "{mood:?}");
            assert_eq!(dead[0].reason.as_deref(), Some(reason), "the server's words, which may hold an address, are not kept");
            house.advance(100_000);
            assert_eq!(turn(&house, &office).await, 0);
            server.is(Mood::Kind);
            assert!(notices::retry(&house.app.ground, &house.operator(), dead[0].id).await.expect("the database"));
            assert_eq!(turn(&house, &office).await, 1);
            assert!(!notices::retry(&house.app.ground, &house.operator(), dead[0].id).await.expect("the database"));
            assert_eq!(copies(&server).values().copied().collect::<Vec<_>>(), [1]);
            server.forget();
        }
        let kinds: Vec<String> = house.events("mail.").await.into_iter().map(|event| event.kind).collect();
        for (kind, times) in [("mail.dead", 2), ("mail.retried", 2), ("mail.sent", 3)] {
            assert_eq!(kinds.iter().filter(|known| *known == kind).count(), times, "{kind}: {kinds:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_hours_away_lose_nothing() {
    on_both(|house| async move {
        let (server, authority) = server().await;
        let office = office(&house, server.port, &authority);
        settled(&house).await;
        server.goes_down().await;
        for _ in 0..20 {
            act(&house).await;
        }
        let mut calls = 0;
        for _ in 0..8 * 60 {
            house.advance(60);
            assert_eq!(turn(&house, &office).await, 0);
            calls += 1;
        }
        let waiting = mails(&house, State::Queued).await;
        assert_eq!(waiting.len(), 20);
        let tries: i64 = waiting.iter().map(|mail| mail.tries).sum();
        assert!(
            tries <= calls && waiting.iter().all(|mail| mail.tries <= 14),
            "one call a turn, and each mail less and less often: {tries}"
        );
        // A node that starts anew finds the queue as it was.
        let node = house.second_node().await;
        server.comes_up().await;
        for _ in 0..61 {
            node.advance(60);
            turn(&node, &office).await;
        }
        assert!(mails(&house, State::Queued).await.is_empty());
        let copies = copies(&server);
        assert_eq!((copies.len(), copies.values().max()), (20, Some(&1)), "each once");
        node.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_day_a_mail_is_put_aside_and_not_before() {
    on_both(|house| async move {
        let (server, authority) = server().await;
        let office = office(&house, server.port, &authority);
        settled(&house).await;
        server.is(Mood::Recipient("450 later"));
        act(&house).await;
        let begun = house.now();
        while mails(&house, State::Dead).await.is_empty() {
            turn(&house, &office).await;
            assert!(house.now() - begun <= 86_400 + 600, "still tried after a day");
            house.advance(600);
        }
        assert!(house.now() - 600 - begun >= 86_400, "given up after {} s", house.now() - 600 - begun);
        let dead = mails(&house, State::Dead).await;
        assert!(dead[0].tries >= 20, "{}", dead[0].tries);
        let events = house.events("mail.dead").await;
        assert_eq!((events.len(), events[0].details["reason"].as_str()), (1, "450 at recipient"));
        assert!(server.kept().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_keeps_the_mail_and_says_nothing_gets_it_twice_at_most() {
    on_both(|house| async move {
        let (server, authority) = server().await;
        let mut office = office(&house, server.port, &authority);
        settled(&house).await;
        for mood in [Mood::KeepsAndHangsUp, Mood::KeepsAndIsMute] {
            office.postman.timeout = Duration::from_millis(if mood == Mood::KeepsAndIsMute { 400 } else { 10_000 });
            server.is(mood);
            act(&house).await;
            for _ in 0..30 {
                turn(&house, &office).await;
                house.advance(3600);
            }
            let dead = mails(&house, State::Dead).await;
            assert_eq!((dead.len(), dead[0].doubts), (1, 2), "{mood:?}: put aside for an operator to judge");
            assert_eq!(copies(&server).values().copied().collect::<Vec<_>>(), [2], "{mood:?}");
            server.forget();
            house.advance(1);
            portvagt::jobs::forget_mails(&house.app.ground, 0).await.expect("the database");
            assert!(mails(&house, State::Dead).await.is_empty());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_dies_in_the_middle_costs_one_copy_at_most() {
    on_both(|house| async move {
        let (server, authority) = server().await;
        let office = office(&house, server.port, &authority);
        settled(&house).await;
        let node = house.second_node().await;
        // Dead before the server has it, and dead after: nobody can tell the two apart.
        for (mood, kept_by_then) in [(Mood::Mute, 0), (Mood::KeepsAndIsMute, 1)] {
            server.is(mood);
            act(&house).await;
            let dying = tokio::spawn({
                let (house, office) = (house.clone(), office.clone());
                async move { turn(&house, &office).await }
            });
            while mails(&house, State::Sending).await.is_empty() || server.kept().len() < kept_by_then {
                tokio::task::yield_now().await;
            }
            dying.abort();
            assert!(dying.await.expect_err("it died").is_cancelled());
            server.is(Mood::Kind);
            assert_eq!(turn(&node, &office).await, 0, "{mood:?}: the dead one may still live");
            let longest = i64::try_from(office.postman.longest().as_secs()).expect("seconds");
            house.advance(longest + 61);
            assert_eq!(turn(&node, &office).await, 1, "{mood:?}");
            let copies: Vec<usize> = copies(&server).into_values().collect();
            assert_eq!(copies, [1 + kept_by_then], "{mood:?}");
            assert_eq!(mails(&house, State::Sent).await[0].doubts, 1);
            house.advance(1);
            portvagt::jobs::forget_mails(&house.app.ground, 0).await.expect("the database");
            server.forget();
        }
        node.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_nodes_send_each_mail_once() {
    on_both(|house| async move {
        let (server, authority) = server().await;
        let office = office(&house, server.port, &authority);
        settled(&house).await;
        let node = house.second_node().await;
        for _ in 0..30 {
            act(&house).await;
        }
        let mut sent = 0;
        while !mails(&house, State::Queued).await.is_empty() {
            let (one, two, three) = tokio::join!(turn(&house, &office), turn(&node, &office), turn(&house, &office));
            sent += one + two + three;
        }
        let copies = copies(&server);
        assert_eq!((sent, copies.len(), copies.values().max()), (30, 30, Some(&1)));
        node.close().await;
    })
    .await;
}
