//! `portvagt demo`: a folder with everything a newcomer needs to see a login: keys everybody knows, an embedded
//! database, an organisation with people, and whichever service providers are given. Making it again changes nothing.
//! Its secrets never start a server outside this command (`config::check`). The path goes on in `serve`.

/// A new employee's first day.
mod first_day;

use std::{
    fmt::Write,
    net::IpAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;

use super::{keys, relying_party, stand};
use crate::{
    base::{
        clock::{Clock, SystemClock},
        random::SystemRandom,
        secret::Secret,
    },
    config::{self, Mode, Settings, check::demo_secret, files::DEMO_CERTIFICATE},
    crypto::{keyring, totp::TotpSecret},
    domain::{assurance::Level, client::Terms, person::Username, proofing::Method},
    service::{
        clients::{self, Registration},
        ground::Ground,
        operator::Operator,
        organisations,
        people::{self, Newcomer, Record},
        proofing::operators::Told,
    },
};

/// How the demo is reached.
#[derive(Debug, Args)]
pub struct Demo {
    /// The folder everything lies in
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    pub data: PathBuf,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    pub bind: IpAddr,
    /// The port to listen on
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Metadata of a service provider to register
    #[arg(long, value_name = "FILE")]
    pub relying_party: Vec<PathBuf>,
    /// Where a service provider is opened, for the message
    #[arg(long, value_name = "URL")]
    pub service_provider: Option<String>,
    /// The port of this machine where mails are taken, in clear
    #[arg(long, value_name = "PORT")]
    pub mail_port: Option<u16>,
    /// Where those mails are read, for the message
    #[arg(long, value_name = "URL")]
    pub mailbox: Option<String>,
    /// Where a clinical system is opened, for the message
    #[arg(long, value_name = "URL")]
    pub clinic: Option<String>,
    /// Metadata of NemLog-in, or of whoever plays it
    #[arg(long, value_name = "FILE")]
    pub nemlogin: Option<PathBuf>,
    /// The issuer of a MitID broker whose one client we are
    #[arg(long, value_name = "URL")]
    pub mitid_broker: Option<String>,
}

const CVR: &str = "90000001";

/// One of the demo's people.
struct Character {
    username: &'static str,
    names: (&'static str, &'static str),
    /// A CPR number that nobody can have: 60 is added to the day.
    cpr: &'static str,
    /// The UUID by which the demo's national register knows them.
    uuid: &'static str,
    password: &'static str,
    /// With an authenticator app attached; without one there is a first login to be seen.
    has_app: bool,
    level: Level,
    administrator: bool,
    shows: &'static str,
}

const PEOPLE: [Character; 4] = [
    Character {
        username: "anna",
        names: ("Anna", "Jensen"),
        cpr: "6101801111",
        uuid: "0a55e0b1-5c1e-4d52-9f0a-000000000001",
        password: "six blue bicycles",
        has_app: true,
        level: Level::Substantial,
        administrator: false,
        shows: "logs in at level substantial",
    },
    Character {
        username: "bo",
        names: ("Bo", "Larsen"),
        cpr: "6202812222",
        uuid: "0a55e0b1-5c1e-4d52-9f0a-000000000002",
        password: "three sour lemons",
        has_app: true,
        level: Level::Low,
        administrator: false,
        shows: "identity proved at level low only: a service that asks for substantial is refused",
    },
    Character {
        username: "clara",
        names: ("Clara", "Nielsen"),
        cpr: "6303823333",
        uuid: "0a55e0b1-5c1e-4d52-9f0a-000000000003",
        password: "eight warm waffles",
        has_app: false,
        level: Level::Substantial,
        administrator: false,
        shows: "logs in for the first time with an activation code, and enrols a passkey or an app",
    },
    Character {
        username: "dorte",
        names: ("Dorte", "Madsen"),
        cpr: "6404834444",
        uuid: "0a55e0b1-5c1e-4d52-9f0a-000000000004",
        password: "four old staircases",
        has_app: true,
        level: Level::Substantial,
        administrator: true,
        shows: "administrator and registrant",
    },
];

/// Somebody with a MitID in the demo.
#[derive(Debug, Clone)]
pub struct Citizen {
    /// Their name.
    pub name: String,
    /// Their CPR number: one that nobody can have.
    pub cpr: String,
}

/// Everybody with a MitID in the demo: its people, and somebody the organisation does not know.
pub fn citizens() -> impl Iterator<Item = Citizen> {
    let own = PEOPLE.iter().map(|character| (character.names, character.cpr));
    let newcomers = first_day::NEWCOMERS.iter().map(|one| (one.names, one.cpr));
    own.chain(newcomers)
        .chain([(("Erik", "Ukendt"), "6505845555")])
        .map(|((given, family), cpr)| Citizen { name: format!("{given} {family}"), cpr: cpr.to_owned() })
}

/// An employee whom the demo's national register knows, for whoever plays the STS.
#[derive(Debug, Clone, Copy)]
pub struct Clinician {
    /// Given name and family name.
    pub names: (&'static str, &'static str),
    /// Their CPR number.
    pub cpr: &'static str,
    /// The UUID by which the register knows them.
    pub uuid: &'static str,
}

/// The demo's people as the register knows them; of the newcomer it knows nothing.
pub fn clinicians() -> impl Iterator<Item = Clinician> {
    PEOPLE.iter().map(|character| Clinician { names: character.names, cpr: character.cpr, uuid: character.uuid })
}

/// Makes the folder, or what is missing in it; answers its settings and the message for the newcomer.
pub async fn prepare(demo: &Demo) -> anyhow::Result<(Settings, String)> {
    let data = folder(&demo.data)?;
    let file = data.join("portvagt.toml");
    write_keys(&data)?;
    std::fs::write(&file, configuration(&data, demo)?).with_context(|| file.display().to_string())?;
    // The demo is what its folder says, whatever the environment holds.
    let (settings, _) = config::load(Some(&file), &[], Mode::Demo)?;
    let other = || format!("the demo folder {} may be of another version: remove it, or name another with --data", data.display());
    let ground = stand::ground(&settings).await.with_context(other)?;
    let by = stand::operator();
    organisations::save(&ground, &by, CVR.parse()?, "Testkommune", Level::Substantial).await?;
    let mut people = String::new();
    for character in &PEOPLE {
        let record = settle(&ground, &by, character, &data).await?;
        people.push_str(&introduce((&ground, &by), character, &record, &code_of(character, &data)).await?);
    }
    if demo.mailbox.is_some() {
        first_day::prepare(&ground, &by).await?;
    }
    for file in &demo.relying_party {
        register(&ground, &by, file).await?;
    }
    ground.db.close().await;
    let message = message(demo, &data, &people);
    std::fs::write(data.join("message.txt"), &message).context("message.txt")?;
    Ok((settings, message))
}

fn folder(data: &Path) -> anyhow::Result<PathBuf> {
    for folder in [data.to_owned(), data.join("totp")] {
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    data.canonicalize().with_context(|| data.display().to_string())
}

fn write_keys(data: &Path) -> anyhow::Result<()> {
    for (file, purpose) in [("master.key", "master-key"), ("pepper", "pepper"), ("mitid-broker.secret", "mitid-broker")] {
        if !data.join(file).exists() {
            keys::write_new(&data.join(file), demo_secret(purpose).as_bytes(), true)?;
        }
    }
    if !data.join("signing.key").exists() {
        let name = format!("{DEMO_CERTIFICATE} signing");
        let (key, certificate) = keyring::self_signed(&name, keyring::MIN_SIGNING_BITS, SystemClock.now(), 730, &SystemRandom)?;
        keys::write_new(&data.join("signing.key"), key.expose(), true)?;
        std::fs::write(data.join("signing.crt"), certificate).context("signing.crt")?;
    }
    Ok(())
}

fn configuration(data: &Path, demo: &Demo) -> anyhow::Result<String> {
    let database = format!("sqlite:{}", data.join("portvagt.db").display());
    let table = toml::toml! {
        [http]
        [storage]
        [secrets]
        master_key_file = "master.key"
        pepper_file = "pepper"
        [site]
        organisation = "Testkommune"
        contact_email = "servicedesk@testkommune.example"
        [saml]
        signing_key_file = "signing.key"
        signing_certificate_file = "signing.crt"
        [log]
        format = "text"
    };
    let mut table = table;
    if let Some(file) = &demo.nemlogin {
        let file = file.canonicalize().with_context(|| file.display().to_string())?;
        let file = file.to_str().context("a path that is no text")?;
        table.insert("nemlogin".to_owned(), toml::Value::Table(toml::toml! { enabled = true metadata_file = file }));
    }
    let mut set = |section: &str, key: &str, value: String| {
        if let Some(section) = table.get_mut(section).and_then(toml::Value::as_table_mut) {
            section.insert(key.to_owned(), value.into());
        }
    };
    set("http", "bind", std::net::SocketAddr::new(demo.bind, demo.port).to_string());
    set("http", "base_url", format!("http://localhost:{}", demo.port));
    set("storage", "url", database);
    if let Some(port) = demo.mail_port {
        let mail = toml::toml! {
            smtp_host = "127.0.0.1"
            tls = "plain"
            from = "login@testkommune.example"
        };
        table.insert("mail".to_owned(), mail.into());
        if let Some(mail) = table.get_mut("mail").and_then(toml::Value::as_table_mut) {
            mail.insert("smtp_port".to_owned(), i64::from(port).into());
        }
    }
    if let Some(issuer) = &demo.mitid_broker {
        let mut broker = toml::toml! {
            client_id = "portvagt-demo"
            client_authentication = "client_secret_basic"
            client_secret_file = "mitid-broker.secret"
        };
        broker.insert("issuer".to_owned(), issuer.as_str().into());
        table.insert("mitid_broker".to_owned(), broker.into());
    }
    Ok(format!("# Written by `portvagt demo` at each start; for demonstrations only.\n{}", toml::to_string(&table)?))
}

/// The character with everything it has, made where it is missing.
async fn settle(ground: &Ground, by: &Operator, character: &Character, data: &Path) -> anyhow::Result<Record> {
    let username: Username = character.username.parse()?;
    if let Ok(record) = people::record(ground, &username).await {
        return Ok(record);
    }
    let (given_name, family_name) = character.names;
    let newcomer = Newcomer {
        organisation: Some(CVR.parse()?),
        username: username.clone(),
        given_name: given_name.to_owned(),
        family_name: family_name.to_owned(),
        email: Some(format!("{username}@testkommune.example")),
        persistent_uuid: Some(character.uuid.parse()?),
        cpr: Some(character.cpr.parse()?),
        administrator: character.administrator,
        password: Some(Secret::new(character.password.to_owned())),
    };
    people::add(ground, by, newcomer).await?;
    let evidence = "Demo: no document was seen".to_owned();
    let proof = Told { method: Method::InPerson, level: character.level, evidence, proved_by: "Portvagt demo".to_owned() };
    people::prove(ground, by, &username, proof).await?;
    if character.has_app {
        let bytes = openssl::sha::sha256(format!("Portvagt demo, app of {username}").as_bytes());
        let secret = TotpSecret::from_bytes(bytes.get(..20).unwrap_or_default());
        let secret = people::add_totp(ground, by, &username, "Demo app", secret).await?;
        std::fs::write(data.join("totp").join(character.username), secret.to_base32()).context("totp")?;
    }
    Ok(people::record(ground, &username).await?)
}

/// What prints a character's present one-time code, from where `./dev` stands.
fn code_of(character: &Character, data: &Path) -> String {
    let usual = std::env::current_dir().is_ok_and(|here| here.join("demo-data") == data);
    let folder = if usual { String::new() } else { format!(" --data {}", data.display()) };
    format!("./dev code {}{folder}", character.username)
}

/// The lines of the message about one character.
async fn introduce((ground, by): (&Ground, &Operator), character: &Character, record: &Record, code: &str) -> anyhow::Result<String> {
    let username = &record.person.username;
    let second = if character.has_app {
        format!("one-time code: {code}")
    } else if record.authenticators.is_empty() {
        format!("activation code: {}", people::activation_code(ground, by, username).await?.to_text())
    } else {
        "second factor: the one you enrolled".to_owned()
    };
    Ok(format!("  {:<7} password: {:<21} {second}\n          {}\n", character.username, character.password, character.shows))
}

async fn register(ground: &Ground, by: &Operator, file: &Path) -> anyhow::Result<()> {
    let document = relying_party::read(file)?;
    let registration = |legacy_encryption| Registration {
        name: Some(if legacy_encryption { "Demo service (AES-128)" } else { "Demo service" }.to_owned()),
        terms: Terms { legacy_encryption, ..Terms::default() },
        ..Registration::default()
    };
    let saved = match clients::save(ground, by, &document, registration(false)).await {
        Err(clients::Refusal::Encryption(_)) => clients::save(ground, by, &document, registration(true)).await,
        other => other,
    };
    saved.map(drop).with_context(|| file.display().to_string())
}

fn message(demo: &Demo, data: &Path, people: &str) -> String {
    let mut text = String::from("Portvagt is running, with the demo organisation Testkommune.\n\n");
    if let Some(service) = &demo.service_provider {
        _ = writeln!(text, "  Demo service        {service}   <- begin here");
    }
    _ = writeln!(text, "  Portvagt            http://localhost:{}/account", demo.port);
    if let Some(mailbox) = &demo.mailbox {
        _ = writeln!(text, "  Mailbox (simulated) {mailbox}   <- what people are told by mail");
    }
    if let Some(clinic) = &demo.clinic {
        _ = writeln!(text, "  Record (simulated)  {clinic}   <- from a login to a national health service");
    }
    _ = writeln!(text, "  Data and logs       {}", data.display());
    _ = write!(text, "\nWho can log in:\n\n{people}");
    text.push_str(
        "\nFor an authenticator app of your own, the secrets lie in the folder totp/. A code works once: wait for the next\n\
         one to log in again.\n\nWhat to try:\n\n\
         \x20 1. Open the demo service, log in as anna, and see the assertion explained.\n\
         \x20 2. Open the demo service again: no password is asked for. Log out.\n\
         \x20 3. Log in as clara with her activation code and enrol a passkey; next time use only that.\n\
         \x20 4. Log in as bo: the service asks for level substantial and is told no.\n\
         \x20 5. Write a password wrongly six times.\n\
         \x20 6. Log in as bo at Portvagt and prove with MitID who he is: a simulated NemLog-in, or a simulated broker, asks who to be.\n",
    );
    if demo.mailbox.is_some() {
        text.push_str(first_day::WALK);
    }
    text.push_str(
        "\nUse localhost, not 127.0.0.1: passkeys are bound to the name. From another machine: ssh -L PORT:localhost:PORT.\n\
         Ctrl-C stops everything.\n",
    );
    text
}
