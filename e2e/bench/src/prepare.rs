//! Makes what a server needs: a folder with keys (by the server's own command line), a configuration, and a database
//! with an organisation, two relying parties and people who can log in. One hash serves everybody.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, ensure};
use portvagt::{
    base::{id::Id, secret::Secret},
    cli::stand,
    config::{self, Mode},
    crypto::totp::TotpSecret,
    domain::{
        assurance::Level,
        audit::Kind as EventKind,
        client::Terms,
        factor::{Authenticator, Kind},
        person::{Admission, Person},
        proofing::{Basis, Method, Proofing, State},
    },
    service::{clients, ground::Ground, login::totp, operator::Operator, organisations},
    storage::{authenticators, credentials, people, proofings},
};

use crate::requests::Party;

/// Everybody's password.
pub const PASSWORD: &str = "quiet harbour lamps";
/// People of one transaction.
const BATCH: usize = 200;

/// Somebody who can log in.
pub struct Employee {
    /// The user name.
    pub username: String,
    /// The authenticator app's secret.
    pub totp: TotpSecret,
}

/// A prepared server: its folder and configuration.
pub struct Place {
    /// The configuration file.
    pub config: PathBuf,
    /// The log.
    pub log: PathBuf,
    /// The signing certificate, PEM.
    pub certificate: Vec<u8>,
    /// The signing key, PEM.
    pub key: Vec<u8>,
    /// Where it listens.
    pub port: u16,
    /// Who can log in.
    pub employees: Vec<Employee>,
}

impl Place {
    /// The address of sign-on requests.
    pub fn sso(&self) -> String {
        format!("http://localhost:{}/saml/sso", self.port)
    }
}

/// Makes all of it in `folder` for the database at `url`.
pub fn place(server: &Path, folder: &Path, url: &str, parties: &[Party], employees: usize) -> anyhow::Result<Place> {
    fs::create_dir_all(folder)?;
    let port = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    for (kind, file) in [("master-key", "master.key"), ("pepper", "pepper"), ("signing", "signing.key")] {
        let made = Command::new(server).args(["keys", "generate", kind, "--out"]).arg(folder.join(file)).stdout(Stdio::null()).status();
        ensure!(made.with_context(|| server.display().to_string())?.success(), "no {kind} was made");
    }
    let config = folder.join("portvagt.toml");
    fs::write(
        &config,
        format!(
            "[http]\nbind = \"127.0.0.1:{port}\"\nbase_url = \"http://localhost:{port}\"\n[storage]\nurl = \"{url}\"\n\
             [secrets]\nmaster_key_file = \"master.key\"\npepper_file = \"pepper\"\n[site]\norganisation = \"Testkommune\"\n\
             [saml]\nsigning_key_file = \"signing.key\"\nsigning_certificate_file = \"signing.crt\"\n"
        ),
    )?;
    let (settings, _) = config::load(Some(&config), &[], Mode::Act)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let employees = runtime.block_on(async {
        let ground = stand::ground(&settings).await?;
        let filled = fill(&ground, parties, employees).await;
        ground.db.close().await;
        filled
    })?;
    Ok(Place {
        log: folder.join("server.log"),
        certificate: fs::read(folder.join("signing.crt"))?,
        key: fs::read(folder.join("signing.key"))?,
        config,
        port,
        employees,
    })
}

async fn fill(ground: &Ground, parties: &[Party], count: usize) -> anyhow::Result<Vec<Employee>> {
    let by = stand::operator();
    let organisation = organisations::save(ground, &by, "90000001".parse()?, "Testkommune", Level::Substantial).await?;
    for party in parties {
        let terms = Terms { encrypt: party.encrypted, ..Terms::default() };
        let registration = clients::Registration { name: Some("Bench".to_owned()), terms, ..clients::Registration::default() };
        clients::save(ground, &by, party.metadata().as_bytes(), registration).await?;
    }
    let hash = ground.hasher.hash(&Secret::new(PASSWORD.to_owned()), ground.random.as_ref()).await?;
    let mut made = Vec::with_capacity(count);
    while made.len() < count {
        let mut tx = ground.db.begin().await?;
        for number in made.len()..count.min(made.len() + BATCH) {
            let person = person(ground, organisation.id, number)?;
            people::insert(&mut tx, &person, None).await??;
            credentials::set_password(&mut tx, person.id, &hash, ground.clock.now()).await?;
            proofings::insert(&mut tx, &proofing(ground, &by, &person)).await?;
            let secret = TotpSecret::random(ground.random.as_ref());
            let sealed = ground.seals.totp.seal(secret.expose(), totp::context(person.id).as_bytes(), ground.random.as_ref())?;
            authenticators::insert_totp(&mut tx, &authenticator(ground, &person), &sealed, None).await?;
            made.push(Employee { username: person.username.to_string(), totp: secret });
        }
        tx.commit(by.event(ground, EventKind::PersonAdded).with("people", made.len())).await?;
    }
    Ok(made)
}

fn person(ground: &Ground, organisation: Id<portvagt::domain::organisation::Organisation>, number: usize) -> anyhow::Result<Person> {
    Ok(Person {
        id: Id::random(ground.random.as_ref()),
        organisation,
        username: format!("bench{number}").parse()?,
        given_name: "Karen".to_owned(),
        family_name: format!("Hansen {number}"),
        email: Some(format!("bench{number}@testkommune.example")),
        persistent_uuid: Id::<Person>::random(ground.random.as_ref()).uuid(),
        admission: Admission::default(),
    })
}

fn proofing(ground: &Ground, by: &Operator, person: &Person) -> Proofing {
    let (level, state, name) = (Level::Substantial, State::Valid, person.full_name());
    Proofing {
        id: Id::random(ground.random.as_ref()),
        person: person.id,
        method: Method::InPerson,
        basis: Basis { level, state, name, cpr_index: None, document_expires: None },
        document: None,
        evidence: "passport seen".to_owned(),
        proved_by: by.name(),
        proved_at: ground.clock.now(),
        recorded_by: by.name(),
        authentication: None,
        approved: None,
        revoked: None,
    }
}

fn authenticator(ground: &Ground, person: &Person) -> Authenticator {
    Authenticator {
        id: Id::random(ground.random.as_ref()),
        person: person.id,
        kind: Kind::Totp,
        name: "bench".to_owned(),
        provenance: None,
        model: None,
        carries: Level::Substantial,
        enrolled_at: ground.clock.now(),
        last_used_at: None,
    }
}
