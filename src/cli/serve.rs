//! `portvagt serve`: builds the application from the settings, listens, and stops in order: no new requests, those
//! under way answered, the journal written out, the trail sealed, the database closed.

use std::{net::TcpListener, sync::Arc};

use anyhow::{Context, anyhow};
use tracing_subscriber::EnvFilter;
use url::Url;

use super::{mitid, stand};
use crate::{
    config::{self, Finding, Settings, check::is_this_machine, files::attestation, value::LogFormat},
    domain::audit::{Actor, Event, Kind},
    jobs::{Chores, Jobs},
    protocol::webauthn::Ceremonies,
    service::{
        ground::Ground,
        saml::{Desk, Own},
        trail::Journal,
    },
    storage::directory,
    web::{
        app::{App, Readiness, Site},
        deadlines::Deadlines,
        server::{self, Listen},
    },
};

/// Serves until the process is told to stop. `announce` is printed once the address is taken.
pub fn run(settings: &Settings, warnings: &[Finding]) -> anyhow::Result<()> {
    start_log(settings)?;
    for warning in warnings {
        tracing::warn!(event = "config.warning", setting = warning.about, words = warning.words);
    }
    let socket = TcpListener::bind(settings.http.bind).with_context(|| format!("http.bind: {}", settings.http.bind))?;
    let listen =
        Listen { socket, tls: stand::tls(settings)?, workers: usize::try_from(settings.http.workers)?, deadlines: Deadlines::default() };
    actix_web::rt::System::new().block_on(serve(settings, listen))
}

async fn serve(settings: &Settings, listen: Listen) -> anyhow::Result<()> {
    let ground = believing(settings, stand::ground(settings).await?)?;
    let journal = Journal::start(ground.db.clone());
    let app = application(settings, ground.clone(), journal.clone())?;
    let found = directory::catch_up(&ground.db).await.context("people cannot be made findable")?;
    if found > 0 {
        tracing::info!(event = "directory.written", people = found);
    }
    note_start(&ground).await?;
    let chores = Chores {
        keep_events: settings.audit.retention.seconds,
        keep_mails: settings.mail.keep.seconds,
        office: settings.office()?,
        mails_a_minute: settings.mail.rate,
        desk: app.desk.clone(),
        patience: config::logout::patience(settings),
    };
    let jobs = Jobs::start(&ground, chores);
    let (bind, base_url, database) = (settings.http.bind, settings.http.base_url.clone(), ground.db.engine());
    let started = move || tracing::info!(event = "server.started", version = env!("CARGO_PKG_VERSION"), %bind, base_url, database);
    let served = server::start(app, listen, started)?.await;
    journal.stop().await;
    jobs.stop().await;
    ground.db.close().await;
    tracing::info!(event = "server.stopped");
    served.context("the server ended")
}

/// The ground with the models of key that the settings' files vouch for today, which is asked at each use.
fn believing(settings: &Settings, ground: Ground) -> anyhow::Result<Ground> {
    let models = attestation(settings).map_err(|(name, words)| anyhow!("{name} {words}"))?.models();
    let mut rules = (*ground.rules).clone();
    rules.authenticators.models = models;
    Ok(Ground { rules: Arc::new(rules), ..ground })
}

/// The application, as the settings want it.
pub fn application(settings: &Settings, ground: Ground, journal: Journal) -> anyhow::Result<App> {
    let base_url = Url::parse(&settings.http.base_url).context("http.base_url")?;
    let address = |path: &str| format!("{}{path}", settings.http.base_url);
    let own = Own {
        entity_id: settings.entity_id(),
        sso: address("/saml/sso"),
        slo: address("/saml/slo"),
        slo_soap: address("/saml/slo/soap"),
        clock_skew: settings.saml.clock_skew.seconds,
        bearer_seconds: settings.saml.assertion_lifetime.seconds,
        conditions_seconds: settings.saml.conditions_lifetime.seconds,
        post_requests: settings.saml.allow_post_requests,
        contact_email: settings.saml.contact_email.clone(),
    };
    let site = Site {
        organisation: settings.site.organisation.clone(),
        contact: settings.contact(),
        help: settings.site.help_text.clone(),
        trusted_proxies: settings.http.trusted_proxies.iter().map(|network| network.parse()).collect::<Result<_, _>>()?,
        base_url: base_url.clone(),
    };
    let here = base_url.scheme() == "http" && is_this_machine(&base_url);
    let courier = config::logout::courier(settings, here).map_err(|words| anyhow!("logout.ca_file {words}"))?;
    Ok(App {
        ground,
        mitid: mitid::roads(settings)?,
        desk: Desk::new(stand::keyring(settings)?, own, journal, courier),
        ceremonies: Ceremonies::new(&settings.rp_id(), &base_url, settings.rp_name())
            .map_err(|error| anyhow!("webauthn.rp_id: {error}"))?
            .with_attestation(attestation(settings).map_err(|(name, words)| anyhow!("{name} {words}"))?),
        site: Arc::new(site),
        readiness: Readiness::default(),
    })
}

async fn note_start(ground: &Ground) -> anyhow::Result<()> {
    let incident = stand::operator().incident;
    let event = Event::new(Kind::ServerStarted, Actor::System, ground.clock.now(), &incident, ground.random.as_ref());
    let tx = ground.db.begin().await?;
    Ok(tx.commit(event.with("version", env!("CARGO_PKG_VERSION"))).await?)
}

fn start_log(settings: &Settings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.log.level).context("log.level")?;
    // A log that nobody reads any more, or a full disk under it, does not end the server.
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).log_internal_errors(false);
    let started = match settings.log.format {
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
        LogFormat::Text => log.with_ansi(false).try_init(),
    };
    started.map_err(|error| anyhow!("the log cannot be started: {error}"))
}
