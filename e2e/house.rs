//! The real application, as the program builds it, with a clock that stands still, cheap hashes and a database of its
//! own. One house a case, on SQLite and on PostgreSQL; a second node opens the same database.
//!
//! Visitors use `http://localhost:PORT`. What operators do stands in `people.rs`, what was logged in `log.rs`.

#![allow(clippy::disallowed_types, reason = "a test looks into the database as it likes")]

/// A transaction that somebody else holds open.
pub mod hold;
/// The captured log.
pub mod log;
/// The roads to MitID.
pub mod mitid;
mod people;

use std::{
    collections::HashSet,
    future::{Future, poll_fn},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    ops::Deref,
    sync::{Arc, Mutex, OnceLock},
    task::Poll,
    time::Duration,
};

use actix_web::dev::ServerHandle;
use portvagt::{
    base::{
        clock::{Clock, StillClock, SystemClock},
        id::Incident,
        random::SystemRandom,
        secret::Secret,
    },
    crypto::{
        keyring::{Keyring, MIN_SIGNING_BITS, SigningKey, self_signed},
        password::{Cost, Hasher},
        seal::MasterKey,
        token::Token,
    },
    domain::{
        assurance::Level,
        audit::Actor,
        authenticator::AuthenticatorPolicy,
        invitation::Lifetimes,
        policy::{PasswordPolicy, SessionPolicy, ThrottlePolicy},
        proofing::ProofingPolicy,
    },
    protocol::{
        attestation::Attestation,
        oidc::party::Party,
        saml::{courier::Courier, sp::idp_metadata::IdentityProvider},
        webauthn::Ceremonies,
    },
    service::{
        ground::{Ground, Rules},
        mitid::nemlogin::Terms,
        operator::Operator,
        organisations,
        saml::{Desk, Own},
        trail::Journal,
    },
    storage::{
        audit::{self, Filter, Written},
        db::{Db, DbSettings},
    },
    web::{
        app::{App, Readiness, Site},
        deadlines::Deadlines,
        server::{self, Listen},
    },
};
use url::Url;

use crate::{
    postgres,
    visitor::{Page, Visitor},
};

#[allow(unused_imports, reason = "the type of what `House::newcomer` gives")]
pub use people::Newcomer;

/// The organisation everybody in the house works for.
pub const CVR: &str = "90000001";

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file in a folder that vanishes.
    Sqlite,
    /// A fresh database on the suite's server.
    Postgres,
}

/// How a house is built, where a case wants it other than usual.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<&'static str>,
    /// Demands; the program's defaults.
    pub rules: Rules,
    /// Whether the machine's clock counts, as real service providers need it. `advance` then does nothing.
    pub real_time: bool,
    /// The highest level the organisation is notified for.
    pub notified: Level,
    /// The least memory a hash takes, in KiB.
    pub memory_kib: u32,
    /// What new keys must prove.
    pub attestation: Attestation,
    /// NemLog-in, and what is asked of it; the suite's own otherwise.
    pub nemlogin: Option<(IdentityProvider, Terms)>,
    /// We at a MitID broker; our addresses are filled in.
    pub broker: Option<Party>,
    /// The port, where somebody must know it before.
    pub port: Option<u16>,
    /// How long anybody may take.
    pub deadlines: Deadlines,
    /// The key of bootstrap tokens, where it is not the signing key.
    pub bootstrap_key: Option<SigningKey>,
    /// How long services may take to answer us.
    pub patience: Duration,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            trusted_proxies: vec![],
            rules: rules(),
            real_time: false,
            notified: Level::Substantial,
            memory_kib: 64,
            attestation: Attestation::default(),
            nemlogin: None,
            broker: None,
            port: None,
            deadlines: Deadlines::default(),
            bootstrap_key: None,
            patience: Duration::from_secs(5),
        }
    }
}

/// The program's default demands.
fn rules() -> Rules {
    Rules {
        password: PasswordPolicy { context_words: vec!["testkommune".to_owned(), "portvagt".to_owned()], ..PasswordPolicy::default() },
        breached: None,
        authenticators: AuthenticatorPolicy::default(),
        session: SessionPolicy {
            idle_seconds: 3600,
            absolute_seconds: 10 * 3600,
            second_factor_seconds: 4 * 3600,
            flow_seconds: 900,
            fresh_seconds: 900,
        },
        throttle: ThrottlePolicy {
            account_failures: 5,
            first_delay_seconds: 30,
            longest_delay_seconds: 900,
            address_failures: 30,
            network_failures: 120,
        },
        proofing: ProofingPolicy { ends_with_document: true, by_command_line: true },
        lock_after_failures: 100,
        activation_seconds: 24 * 3600,
        notices: true,
        lifetimes: Lifetimes { mail_seconds: 24 * 3600, letter_seconds: 14 * 24 * 3600, recovery_seconds: 900 },
        // Operators prove people and attach apps that carry, as in the demonstration; cases about that say otherwise.
        demonstration: true,
        issuer: "Testkommune".to_owned(),
    }
}

/// A running application. A clone is the same one.
#[derive(Clone)]
pub struct House(Arc<Inner>);

/// What a house is made of.
pub struct Inner {
    /// The application, for looking behind the pages.
    pub app: App,
    /// `http://localhost:PORT`, the address everybody uses, whichever node answers.
    pub base: String,
    /// Where this node listens.
    pub address: SocketAddr,
    /// The time, unless the plan says `real_time`.
    pub clock: Arc<StillClock>,
    plan: Plan,
    database: String,
    folder: Option<Arc<tempfile::TempDir>>,
    seen: Mutex<HashSet<String>>,
    server: ServerHandle,
}

impl Deref for House {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl House {
    /// A house on SQLite.
    pub async fn sqlite() -> Self {
        Self::build(Engine::Sqlite, Plan::default()).await
    }

    /// A house by plan.
    pub async fn build(engine: Engine, plan: Plan) -> Self {
        log::capture();
        let (database, folder) = match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().expect("a folder");
                (format!("sqlite:{}", folder.path().join("portvagt.db").display()), Some(Arc::new(folder)))
            }
            Engine::Postgres => (postgres::fresh_database().await, None),
        };
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, plan.port.unwrap_or(0))).expect("a free port");
        let clock = Arc::new(StillClock::at(SystemClock.now()));
        let house = Self::open(Opening { plan, database, folder, clock, base: None, socket }).await;
        let by = house.operator();
        let cvr = CVR.parse().expect("a CVR number");
        organisations::save(&house.app.ground, &by, cvr, "Testkommune", house.plan.notified).await.expect("an organisation");
        house
    }

    async fn open(opening: Opening) -> Self {
        let Opening { plan, database, folder, clock, base, socket } = opening;
        let address = socket.local_addr().expect("an address");
        let base = base.unwrap_or_else(|| format!("http://localhost:{}", address.port()));
        let seals = MasterKey::from_base64(&openssl::base64::encode_block(&[9; 32])).expect("a key").seals().expect("keys");
        let pool = DbSettings { connections: 6, acquire_timeout: Duration::from_secs(30), ..DbSettings::default() };
        let db = Db::open(&database, &pool, seals.trail.clone()).await.expect("the database opens");
        let cost = Cost { memory_kib: plan.memory_kib, iterations: 1, parallelism: 1, threads: 0, queue: 256 };
        let mut rules = plan.rules.clone();
        rules.authenticators.models = plan.attestation.models();
        let ground = Ground {
            db: db.clone(),
            clock: if plan.real_time { Arc::new(SystemClock) } else { Arc::clone(&clock) as Arc<dyn Clock> },
            random: Arc::new(SystemRandom),
            hasher: Hasher::new(cost, Secret::new(b"a pepper for tests".to_vec())).expect("a hasher"),
            seals: Arc::new(seals),
            rules: Arc::new(rules),
        };
        let url = Url::parse(&base).expect("an address");
        let own = Own {
            entity_id: "https://saml.testkommune.test".to_owned(),
            sso: format!("{base}/saml/sso"),
            slo: format!("{base}/saml/slo"),
            slo_soap: format!("{base}/saml/slo/soap"),
            clock_skew: 180,
            bearer_seconds: 300,
            conditions_seconds: 600,
            post_requests: true,
            contact_email: None,
        };
        let courier = Courier::new(plan.patience, None, true).expect("a courier");
        let site = Site {
            base_url: url.clone(),
            organisation: "Testkommune".to_owned(),
            contact: "servicedesk@testkommune.test".to_owned(),
            help: Some("Ring til servicedesk: 70 10 00 00".to_owned()),
            trusted_proxies: plan.trusted_proxies.iter().map(|network| network.parse().expect("a network")).collect(),
        };
        let app = App {
            ground,
            mitid: mitid::roads(&base, plan.nemlogin.as_ref(), plan.broker.as_ref()),
            desk: Desk::new(Keyring { bootstrap: plan.bootstrap_key.clone(), ..keyring() }, own, Journal::start(db), courier),
            ceremonies: Ceremonies::new("localhost", &url, "Testkommune").expect("ceremonies").with_attestation(plan.attestation.clone()),
            site: Arc::new(site),
            readiness: Readiness::default(),
        };
        let server = server::start(app.clone(), Listen { socket, tls: None, workers: 2, deadlines: plan.deadlines }, || ())
            .expect("the server starts");
        let handle = server.handle();
        tokio::spawn(server);
        Self(Arc::new(Inner { app, base, address, clock, plan, database, folder, seen: Mutex::default(), server: handle }))
    }

    /// A second node on the same database and the same clock, under the same address: its visitors are led to it by
    /// [`House::visitor`], not by another name.
    pub async fn second_node(&self) -> Self {
        self.second_node_by(self.plan.clone()).await
    }

    /// The same under other rules, as after a restart with other settings.
    pub async fn second_node_by(&self, plan: Plan) -> Self {
        let port = self.address.port();
        let socket = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), port)).expect("the same port on another address");
        Self::open(Opening {
            plan,
            database: self.database.clone(),
            folder: self.folder.clone(),
            clock: Arc::clone(&self.clock),
            base: Some(self.base.clone()),
            socket,
        })
        .await
    }

    /// A visitor of this node, without cookies.
    pub fn visitor(&self) -> Visitor {
        Visitor::of_node(self.address.ip(), None)
    }

    /// A visitor of this node who comes from `127.0.0.last`.
    pub fn visitor_from(&self, last: u8) -> Visitor {
        Visitor::of_node(self.address.ip(), Some(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last))))
    }

    /// The address of a page: `url("/login")`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Moves the clock.
    pub fn advance(&self, seconds: i64) {
        self.clock.advance(seconds);
    }

    /// The time of the house, in Unix seconds.
    pub fn now(&self) -> i64 {
        self.app.ground.clock.now().as_second()
    }

    /// Whoever administers.
    pub fn operator(&self) -> Operator {
        Operator { actor: Actor::Operator("suite".to_owned()), incident: Incident::random(&SystemRandom) }
    }

    /// The database, for looking afterwards.
    pub fn db(&self) -> &Db {
        &self.app.ground.db
    }

    /// The events whose kind begins so, newest first; those of one instant in any order.
    pub async fn events(&self, kind: &str) -> Vec<Written> {
        let filter = Filter { kind_prefix: kind.to_owned(), limit: 10_000, ..Filter::default() };
        audit::list(self.db(), &filter).await.expect("the trail can be read")
    }

    /// The events whose kind begins so and that this did not give before.
    pub async fn new_events(&self, kind: &str) -> Vec<Written> {
        let events = self.events(kind).await;
        let mut seen = self.seen.lock().expect("the ids");
        events.into_iter().filter(|event| seen.insert(event.id.clone())).collect()
    }

    /// A number out of the database, by SQL.
    pub async fn count(&self, sql: &str) -> i64 {
        use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
        if self.database.starts_with("sqlite:") {
            let mut connection = SqliteConnection::connect(&self.database).await.expect("the file opens");
            sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.expect("a number")
        } else {
            let mut connection = PgConnection::connect(&self.database).await.expect("the server answers");
            sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.expect("a number")
        }
    }

    /// Changes rows as somebody with the database's password would.
    pub async fn change(&self, sql: &str) {
        use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
        if self.database.starts_with("sqlite:") {
            let mut connection = SqliteConnection::connect(&self.database).await.expect("the file opens");
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect("a change");
        } else {
            let mut connection = PgConnection::connect(&self.database).await.expect("the server answers");
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect("a change");
        }
    }

    /// The form token that belongs to a flow's or session's cookie: what an attacker reads off a page of their own.
    pub fn form_token(&self, cookie: &str) -> String {
        let token = Token::from_text(cookie.split('.').next().expect("a part")).expect("a token");
        token.form_token(&self.app.ground.seals.csrf).expect("a form token")
    }

    /// How many password hashes this node computed so far.
    pub fn hashes(&self) -> usize {
        self.app.ground.hasher.made()
    }

    /// Opens the login page, for the person's own page.
    pub async fn login_page(&self, visitor: &mut Visitor) -> Page {
        let page = visitor.open(self.url("/login")).await;
        assert!(page.find_form("/login/password").is_some(), "a login page: {}", page.describe());
        page
    }

    /// Stops serving and closes the database.
    pub async fn close(self) {
        self.server.stop(false).await;
        self.app.desk.journal.stop().await;
        self.app.ground.db.close().await;
    }
}

struct Opening {
    plan: Plan,
    database: String,
    folder: Option<Arc<tempfile::TempDir>>,
    clock: Arc<StillClock>,
    base: Option<String>,
    socket: TcpListener,
}

/// Runs the case in a house on SQLite, then in one on PostgreSQL.
pub async fn on_both<F: Future<Output = ()>>(case: impl Fn(House) -> F) {
    on_both_by(Plan::default(), case).await;
}

/// The same in houses by plan.
pub async fn on_both_by<F: Future<Output = ()>>(plan: Plan, case: impl Fn(House) -> F) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        println!("on {engine:?}");
        let house = House::build(engine, plan.clone()).await;
        case(house.clone()).await;
        house.close().await;
    }
}

/// Waits for all of them at the same time; the answers in order.
pub async fn at_once<T>(all: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = all.into_iter().map(|one| (Box::pin(one), None)).collect();
    poll_fn(|context| {
        for (one, answer) in &mut waiting {
            if answer.is_none()
                && let Poll::Ready(ready) = one.as_mut().poll(context)
            {
                *answer = Some(ready);
            }
        }
        if waiting.iter().all(|(_, answer)| answer.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    waiting.into_iter().filter_map(|(_, answer)| answer).collect()
}

/// One signing key a test run: making it takes a second.
fn keyring() -> Keyring {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    let active = KEY.get_or_init(|| {
        let (key, certificate) =
            self_signed("Testkommune signing", MIN_SIGNING_BITS, SystemClock.now(), 730, &SystemRandom).expect("a key");
        SigningKey::from_pem(key.expose(), &certificate, None, false).expect("a key")
    });
    Keyring { active: active.clone(), published: vec![], bootstrap: None }
}
