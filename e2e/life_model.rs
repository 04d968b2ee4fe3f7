//! A model of the life of an identity beside the real thing: 10,000 random lives, by the services themselves on a test
//! clock. Never a level above what is proved, never a session after a lock, never an act without its event.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use portvagt::{
    base::{
        clock::{Clock, StillClock, plus, seconds_between},
        id::{Id, Incident},
        random::{Random, SeededRandom, SystemRandom},
        secret::Secret,
    },
    crypto::{token::Token, totp::TotpSecret},
    domain::{
        assurance::{self, Level},
        audit::{Actor, Kind},
        authenticator::strength,
        employment::Employment,
        factor::{self, Authenticator},
        lock::{CAUSES, Cause, Hand},
        organisation::Organisation,
        person::{Admission, Cpr, Person},
        proofing::{Checked, Document, DocumentKind, Proofing},
        role::Role,
        session::Session,
    },
    service::{
        cpr,
        ground::{Ground, Rules, Visitor},
        lifecycle::{self, Hired},
        login::{self, Held, password, totp},
        operator::Operator,
        organisations, people as acts,
        proofing::{
            self, Registrant, Seen,
            operators::{self, Told},
        },
        roles,
        sessions::{self as live, Present},
        terms,
    },
    storage::{
        audit::{self, Filter},
        authenticators, credentials,
        db::{Db, DbSettings},
        people, sessions,
    },
};
use serde_json::json;

use crate::house::House;

/// Lives of a run.
const LIVES: u64 = 10_000;
/// Acts of a life.
const ACTS: u64 = 6;
const PASSWORD: &str = "quiet harbour lamps";
const NAMES: [(&str, &str); 3] = [("Anna", "Jensen"), ("Anna Skov", "Jensen"), ("Anna", "Hansen")];

/// Whether two of the names can be one person's, as the model knows it.
fn same_name(one: usize, other: usize) -> bool {
    (one == 2) == (other == 2)
}

/// A record as the model knows it.
struct Record {
    id: Id<Proofing>,
    level: Level,
    state: &'static str,
    by: usize,
    cpr: usize,
    name: usize,
    last_day: Option<Date>,
}

/// A person as the model knows them.
struct Model {
    locks: BTreeSet<Cause>,
    employments: Vec<(Id<Employment>, Timestamp, Option<Timestamp>)>,
    records: Vec<Record>,
    cpr: usize,
    name: usize,
    has_role: bool,
    accepted: i64,
    /// Every token ever given, when, and whether it was ended.
    sessions: Vec<(Token, Timestamp, bool)>,
    /// Every login half done, when, and whether it was ended or finished.
    flows: Vec<(Held, Timestamp, bool)>,
    events: BTreeMap<&'static str, usize>,
}

impl Model {
    fn note(&mut self, kind: &'static str) {
        *self.events.entry(kind).or_default() += 1;
    }

    fn end_all(&mut self) {
        self.sessions.iter_mut().for_each(|session| session.2 = true);
        self.flows.iter_mut().for_each(|flow| flow.2 = true);
    }

    fn is_employed(&self, now: Timestamp) -> bool {
        self.employments.is_empty() || self.employments.iter().any(|(_, from, until)| *from <= now && until.is_none_or(|until| now < until))
    }

    fn may_log_in(&self, now: Timestamp) -> bool {
        self.locks.is_empty() && self.is_employed(now)
    }

    /// What follows from dates.
    fn follow(&mut self, now: Timestamp) {
        let has_ended = self.employments.iter().any(|(_, _, until)| until.is_some_and(|until| until <= now));
        if !self.is_employed(now) && has_ended {
            if self.locks.insert(Cause::Expired) {
                self.note("person.locked");
                self.end_all();
            }
        } else if self.is_employed(now) && self.locks.remove(&Cause::Expired) {
            self.note("person.unlocked");
        }
    }

    fn level(&self, now: Timestamp) -> Option<Level> {
        let today = now.to_zoned(TimeZone::UTC).date();
        let counts = |record: &&Record| {
            record.state == "valid"
                && record.cpr == self.cpr
                && same_name(record.name, self.name)
                && record.last_day.is_none_or(|last| today <= last)
        };
        self.records.iter().filter(counts).map(|record| record.level).max()
    }
}

/// Where lives are lived: a database of its own, a clock that only goes on.
struct World {
    ground: Ground,
    clock: Arc<StillClock>,
    dice: SeededRandom,
    organisation: Id<Organisation>,
    desks: Vec<Person>,
    hash: String,
    version: i64,
    visitor: Visitor,
}

impl World {
    async fn new(house: &House, folder: &std::path::Path, seed: u64) -> Self {
        let inner = &house.app.ground;
        let url = format!("sqlite:{}", folder.join(format!("model{seed}.db")).display());
        let db = Db::open(&url, &DbSettings::default(), inner.seals.trail.clone()).await.expect("a database");
        let clock = Arc::new(StillClock::at(inner.clock.now()));
        let mut rules: Rules = inner.rules.as_ref().clone();
        let throttle = &mut rules.throttle;
        (throttle.account_failures, throttle.address_failures, throttle.network_failures) = (1_000_000, 1_000_000, 1_000_000);
        (rules.lock_after_failures, rules.notices) = (0, false);
        let ground = Ground { db, clock: Arc::clone(&clock) as Arc<dyn Clock>, rules: Arc::new(rules), ..inner.clone() };
        let by = operator();
        let organisation = organisations::save(&ground, &by, "90000001".parse().unwrap(), "Testkommune", Level::High).await.unwrap().id;
        let hash = ground.hasher.hash(&Secret::new(PASSWORD.to_owned()), &SystemRandom).await.unwrap();
        let visitor = Visitor {
            incident: Incident::random(&SystemRandom),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: "Model/1".to_owned(),
            device: None,
        };
        let mut world = Self { ground, clock, dice: SeededRandom::new(seed), organisation, desks: Vec::new(), hash, version: 0, visitor };
        for (serial, desk) in ["desk1", "desk2"].into_iter().enumerate() {
            let number = format!("311299{:04}", 4000 + serial).parse().unwrap();
            let (person, _) = world.settle(desk, Some(&number)).await;
            let told =
                Told { method: proofing_method(), level: Level::Substantial, evidence: "seen".to_owned(), proved_by: "suite".to_owned() };
            operators::by_operator(&world.ground, &by, &person, told).await.unwrap();
            roles::grant(&world.ground, &by, person.id, Role::Registrant).await.unwrap();
            world.desks.push(person);
        }
        world
    }

    /// Somebody with a password and an app.
    async fn settle(&self, username: &str, number: Option<&Cpr>) -> (Person, TotpSecret) {
        let (ground, random) = (&self.ground, &SystemRandom);
        let person = Person {
            id: Id::random(random),
            organisation: self.organisation,
            username: username.parse().unwrap(),
            given_name: NAMES[0].0.to_owned(),
            family_name: NAMES[0].1.to_owned(),
            email: None,
            persistent_uuid: Id::<Person>::random(random).uuid(),
            admission: Admission::default(),
        };
        let secret = TotpSecret::random(random);
        let sealed = ground.seals.totp.seal(secret.expose(), totp::context(person.id).as_bytes(), random).unwrap();
        let app = Authenticator {
            id: Id::random(random),
            person: person.id,
            kind: factor::Kind::Totp,
            name: "App".to_owned(),
            provenance: None,
            model: None,
            carries: Level::Substantial,
            enrolled_at: ground.clock.now(),
            last_used_at: None,
        };
        let number = number.map(|number| cpr::seal(ground, person.id, number).unwrap());
        let mut tx = ground.db.begin().await.unwrap();
        people::insert(&mut tx, &person, number).await.unwrap().unwrap();
        credentials::set_password(&mut tx, person.id, &self.hash, ground.clock.now()).await.unwrap();
        authenticators::insert_totp(&mut tx, &app, &sealed, None).await.unwrap();
        tx.commit(operator().event(ground, Kind::PersonAdded).about(person.id)).await.unwrap();
        (person, secret)
    }

    fn roll(&self, sides: u64) -> u64 {
        let mut bytes = [0u8; 8];
        self.dice.fill(&mut bytes);
        u64::from_be_bytes(bytes) % sides
    }

    fn pick<T: Copy>(&self, all: &[T]) -> T {
        all[self.roll(all.len() as u64) as usize]
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A registrant who logged in just now.
    async fn registrant(&self, desk: usize) -> Registrant {
        let (person, now) = (&self.desks[desk], self.now());
        let uses = ["password", "totp"].map(|kind| {
            json!({ "kind": kind, "authenticator": null, "at": now, "user_verified": false, "carries": if kind == "totp" { "substantial" } else { "low" } })
        });
        let session = Session {
            id: Id::random(&SystemRandom),
            person: person.id,
            evidence: serde_json::from_value(json!({ "uses": uses })).unwrap(),
            created_at: now,
            last_seen_at: now,
            user_agent: String::new(),
            address: String::new(),
        };
        Registrant::of(&self.ground, &Present { session, person: person.clone() }, &self.visitor.incident).await.unwrap()
    }
}

fn proofing_method() -> portvagt::domain::proofing::Method {
    portvagt::domain::proofing::Method::InPerson
}

fn operator() -> Operator {
    Operator { actor: Actor::Operator("suite".to_owned()), incident: Incident::random(&SystemRandom) }
}

/// One of the two numbers of a life.
fn number(life: u64, variant: usize) -> Cpr {
    let serial = life * 2 + variant as u64;
    format!("{:02}0180{:04}", 1 + serial / 10_000, serial % 10_000).parse().unwrap()
}

/// What a life did, for the words of a failure.
type Diary = Vec<String>;

async fn live_one(world: &mut World, life: u64) -> (u64, u64) {
    let (person, secret) = world.settle(&format!("life{life}"), Some(&number(life, 0))).await;
    let mut model = Model {
        locks: BTreeSet::new(),
        employments: Vec::new(),
        records: Vec::new(),
        cpr: 0,
        name: 0,
        has_role: false,
        accepted: 0,
        sessions: Vec::new(),
        flows: Vec::new(),
        events: BTreeMap::new(),
    };
    model.note("person.added");
    let mut diary = Diary::new();
    for _ in 0..=world.roll(2 * ACTS - 1) {
        let act = world.roll(22);
        step(world, &person, &secret, (life, act), &mut model, &mut diary).await;
        check(world, &person, &model, &diary).await;
    }
    let filter = Filter { person: Some(person.id), limit: 1000, ..Filter::default() };
    let mut written: BTreeMap<String, usize> = BTreeMap::new();
    for event in audit::list(&world.ground.db, &filter).await.unwrap() {
        if event.subject.as_deref() == Some(&person.id.to_string()) {
            *written.entry(event.kind).or_default() += 1;
        }
    }
    let expected: BTreeMap<String, usize> = model.events.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect();
    assert_eq!(written, expected, "events of life {life}: {diary:#?}");
    (diary.len() as u64, model.sessions.len() as u64)
}

/// One act, on the real thing and on the model; both must agree on whether it was done.
async fn step(world: &mut World, person: &Person, secret: &TotpSecret, (life, act): (u64, u64), model: &mut Model, diary: &mut Diary) {
    let (by, id) = (operator(), person.id);
    let ground = world.ground.clone();
    let ground = &ground;
    let now = world.now();
    match act {
        0 | 1 => {
            let cause = world.pick(&shutting_out());
            diary.push(format!("{now} lock {cause:?}"));
            let done = lifecycle::lock(ground, &by, id, cause, "a case of the suite").await.is_ok();
            assert_eq!(done, cause != Cause::Expired && model.locks.insert(cause), "{diary:#?}");
            if done {
                model.note("person.locked");
                model.end_all();
            }
        }
        2..=4 => {
            let active: Vec<Cause> = model.locks.iter().copied().collect();
            let cause = if active.is_empty() || world.roll(4) == 0 { world.pick(&shutting_out()) } else { world.pick(&active) };
            let hand = world.pick(&[Hand::Owner, Hand::Administrator, Hand::Administrator, Hand::Source]);
            diary.push(format!("{now} unlock {cause:?} by {hand:?}"));
            let done = lifecycle::unlock(ground, &by, hand, (id, cause), "a case of the suite").await.is_ok();
            assert_eq!(done, cause.lifted_by(hand) && model.locks.remove(&cause), "{diary:#?}");
            if done {
                model.note("person.unlocked");
            }
        }
        5 | 6 => {
            let starts_at = plus(now, world.roll(6 * 86_400) as i64 - 3 * 86_400);
            let ends_at = (world.roll(3) > 0).then(|| plus(starts_at, 3600 + world.roll(4 * 86_400) as i64));
            let changed =
                (!model.employments.is_empty() && world.roll(2) == 0).then(|| world.roll(model.employments.len() as u64) as usize);
            diary.push(format!("{now} employ {starts_at}..{ends_at:?} instead of {changed:?}"));
            let hired = Hired { id: changed.map(|at| model.employments[at].0), unit: None, title: String::new(), starts_at, ends_at };
            let employment = lifecycle::employ(ground, &by, person, hired).await.unwrap();
            match changed {
                Some(at) => model.employments[at] = (employment.id, starts_at, ends_at),
                None => model.employments.push((employment.id, starts_at, ends_at)),
            }
            model.note("employment.saved");
            model.follow(now);
        }
        7 if !model.employments.is_empty() => {
            let at = world.roll(model.employments.len() as u64) as usize;
            diary.push(format!("{now} remove employment {at}"));
            lifecycle::remove_employment(ground, &by, id, model.employments.remove(at).0).await.unwrap();
            model.note("employment.saved");
            model.follow(now);
        }
        8..=10 => prove(world, id, model, diary).await,
        11 if !model.records.is_empty() => {
            let (at, desk) = (world.roll(model.records.len() as u64) as usize, world.roll(2) as usize);
            let record = &mut model.records[at];
            diary.push(format!("{now} approve {at} at desk {desk}"));
            let done = proofing::approve(ground, &world.registrant(desk).await, record.id).await.is_ok();
            let waits = record.state == "waiting";
            assert_eq!(done, waits && record.by != desk, "{diary:#?}");
            if done {
                record.state = "valid";
                model.note("identity.approved");
            } else if waits {
                model.note("identity.refused");
            }
        }
        12 if !model.records.is_empty() => {
            let at = world.roll(model.records.len() as u64) as usize;
            let record = &mut model.records[at];
            diary.push(format!("{now} revoke {at}"));
            let done = proofing::revoke(ground, &by, record.id, "a case of the suite").await.is_ok();
            assert_eq!(done, record.state != "revoked", "{diary:#?}");
            record.state = "revoked";
            if done {
                model.note("identity.revoked");
            }
        }
        13 => {
            model.cpr = world.roll(2) as usize;
            diary.push(format!("{now} number {}", model.cpr));
            cpr::set(ground, &by, person, &number(life, model.cpr)).await.unwrap();
            model.note("cpr.set");
        }
        14 => {
            let before = std::mem::replace(&mut model.name, world.roll(3) as usize);
            diary.push(format!("{now} name {}", model.name));
            acts::rename(ground, &by, &person.username, NAMES[model.name]).await.unwrap();
            if model.name != before {
                model.note("person.renamed");
            }
        }
        15 => {
            diary.push(format!("{now} role"));
            let had = model.has_role;
            if had {
                roles::revoke(ground, &by, id, Role::Supporter).await.unwrap();
                model.note("role.revoked");
                model.end_all();
            } else {
                roles::grant(ground, &by, id, Role::Supporter).await.unwrap();
                model.note("role.granted");
            }
            model.has_role = !had;
        }
        16 => accept_terms(world, id, model, diary).await,
        17 | 18 => {
            let seconds = world.pick(&[40, 600, 1000, 7200, 40_000, 86_400, 3 * 86_400]);
            world.clock.advance(seconds);
            diary.push(format!("{now} wait {seconds}"));
            if world.roll(2) == 0 {
                diary.push("the minute's job".to_owned());
                // People of other lives follow their dates too.
                while lifecycle::follow_all(ground).await.unwrap() > 0 {}
                model.follow(world.now());
            }
        }
        19 | 20 => {
            let held = login::begin(ground).unwrap();
            let tried = password::check(ground, &held, person.username.as_str(), Secret::new(PASSWORD.to_owned()), &world.visitor).await;
            diary.push(format!("{now} password: {}", tried.is_ok()));
            match tried {
                Ok(password::Next::SecondFactor(held)) => {
                    assert!(model.may_log_in(now), "half a login: {diary:#?}");
                    model.flows.push((held, now, false));
                    if act == 19 {
                        finish(world, secret, model, diary).await;
                    }
                }
                Ok(other) => panic!("{other:?}"),
                Err(login::Refusal::Wrong) => {
                    // Between two jobs a new employment may not have opened the account yet; a lock is never missed.
                    assert!(!model.locks.is_empty() || !model.employments.is_empty(), "refused: {diary:#?}");
                    model.note("login.failed");
                }
                Err(other) => panic!("{other}: {diary:#?}"),
            }
        }
        _ => finish(world, secret, model, diary).await,
    }
}

/// A registrant proves the person.
async fn prove(world: &World, person: Id<Person>, model: &mut Model, diary: &mut Diary) {
    let (now, desk) = (world.now(), world.roll(2) as usize);
    let level = world.pick(&[Level::Low, Level::Substantial, Level::High, Level::High]);
    let today = now.to_zoned(TimeZone::UTC).date();
    let last_day = match world.roll(4) {
        0 => None,
        1 => Some(today.yesterday().unwrap()),
        2 => Some(today),
        _ => Some(today.tomorrow().unwrap()),
    };
    diary.push(format!("{now} prove {level} by a document until {last_day:?} at desk {desk}"));
    let document = Document { kind: DocumentKind::Passport, issuer: "Danmark".to_owned(), expires: last_day, checked: Checked::Seen };
    let seen = Seen { document, evidence: "pas 204".to_owned(), level };
    let proved = proofing::in_person(&world.ground, &world.registrant(desk).await, person, seen).await;
    let is_good = last_day.is_none_or(|last| today <= last);
    assert_eq!(proved.is_ok(), is_good, "{diary:#?}");
    match proved {
        Ok(record) => {
            let state = if level == Level::High { "waiting" } else { "valid" };
            model.records.push(Record { id: record.id, level, state, by: desk, cpr: model.cpr, name: model.name, last_day });
            model.note("identity.proved");
        }
        Err(_) => model.note("identity.refused"),
    }
}

/// New terms now and then; the person accepts what is asked for.
async fn accept_terms(world: &mut World, person: Id<Person>, model: &mut Model, diary: &mut Diary) {
    if world.version == 0 || world.roll(50) == 0 {
        let texts = ("Teksten er lang nok til at gælde.", "The text is long enough to count.");
        world.version = terms::publish(&world.ground, &operator(), world.organisation, texts).await.unwrap().version;
    }
    let asked = terms::outstanding(&world.ground, person).await.unwrap();
    diary.push(format!("terms: {:?}", asked.as_ref().map(|asked| asked.version)));
    assert_eq!(asked.as_ref().map(|asked| asked.version), (model.accepted < world.version).then_some(world.version), "{diary:#?}");
    let Some(asked) = asked else { return };
    let mut tx = world.ground.db.begin().await.unwrap();
    terms::accept(&world.ground, &mut tx, person, (&asked, asked.version, "da"), &world.visitor).await.unwrap();
    tx.commit_routine().await.unwrap();
    model.accepted = asked.version;
    model.note("terms.accepted");
}

/// The code, in the newest login half done.
async fn finish(world: &World, secret: &TotpSecret, model: &mut Model, diary: &mut Diary) {
    // Each code lets in once.
    world.clock.advance(31);
    let now = world.now();
    let Some((held, begun, is_over)) = model.flows.last().cloned() else { return };
    let entered = totp::check(&world.ground, &held, &secret.code_at(now.as_second()).unwrap(), &world.visitor).await;
    diary.push(format!("{now} code: {}", entered.is_ok()));
    match entered {
        Ok(entered) => {
            assert!(!is_over && model.may_log_in(now) && seconds_between(begun, now) < 900, "a login: {diary:#?}");
            if let Some(flow) = model.flows.last_mut() {
                flow.2 = true;
            }
            let totp::Checked::In(entered) = entered else { panic!("her own app: {diary:#?}") };
            model.sessions.push((entered.session, now, false));
            model.note("login.succeeded");
        }
        Err(login::Refusal::Gone) => assert!(is_over || seconds_between(begun, now) >= 840, "gone: {diary:#?}"),
        Err(login::Refusal::Wrong) => {
            assert!(!model.may_log_in(now) || !model.employments.is_empty(), "wrong: {diary:#?}");
            model.note("login.failed");
        }
        Err(other) => panic!("{other}: {diary:#?}"),
    }
}

/// What must hold after every act.
async fn check(world: &World, person: &Person, model: &Model, diary: &Diary) {
    let (ground, now) = (&world.ground, world.now());
    let real = people::by_id(&ground.db, person.id).await.unwrap().unwrap();
    let proved = model.level(now);
    assert_eq!(proofing::identity(ground, &real).await.unwrap(), proved, "the level: {diary:#?}");
    assert!(!real.may_log_in(now) || model.may_log_in(now), "let in: {diary:#?}");
    for (token, begun, is_ended) in &model.sessions {
        let alive = !is_ended && model.may_log_in(now) && seconds_between(*begun, now) < ground.rules.session.absolute_seconds;
        let Some(standing) = sessions::standing(&ground.db, &token.hash(), "https://sp.example").await.unwrap() else { continue };
        assert!(!is_ended, "a session after its end: {diary:#?}");
        let is_present = live::present(ground, token).await.unwrap().is_some();
        assert!(!is_present || alive, "a session alive: {diary:#?}");
        let identity = standing.identity(&ground.rules.proofing, now);
        let level =
            assurance::level(identity, strength(&ground.rules.authenticators, &standing.session.evidence), standing.organisation.notified);
        assert_eq!(level, proved.map(|proved| proved.min(Level::Substantial)), "no more than is proved and carried: {diary:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_lives_keep_to_the_model() {
    let house = House::sqlite().await;
    // In memory where there is any: the database is made for this run only, and nobody cuts its power.
    let memory = std::path::Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a folder");
    let mut workers = Vec::new();
    for worker in 0..2u64 {
        let mut world = World::new(&house, folder.path(), 7 + worker).await;
        workers.push(tokio::spawn(async move {
            let (mut acts, mut logins) = (0, 0);
            for life in 0..LIVES / 2 {
                let (done, entered) = live_one(&mut world, life).await;
                acts += done;
                logins += entered;
            }
            world.ground.db.close().await;
            (acts, logins)
        }));
    }
    let (mut acts, mut logins) = (0, 0);
    for worker in workers {
        let (done, entered) = worker.await.expect("a world without contradiction");
        acts += done;
        logins += entered;
    }
    println!("{LIVES} lives, {acts} acts, {logins} logins");
    assert!(acts > 5 * LIVES / 2 && logins > LIVES / 10, "{acts} acts, {logins} logins: the dice are loaded");
    house.close().await;
}

/// All causes but the one that shuts nobody out: `login_shared_browser` has that.
fn shutting_out() -> Vec<Cause> {
    CAUSES.into_iter().filter(|cause| cause.shuts_out()).collect()
}
