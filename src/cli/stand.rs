//! What a command stands on, from the settings: keys, database, rules, and the operator's own name.

use std::{fs::File, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, anyhow, bail, ensure};
use openssl::{
    pkey::PKey,
    ssl::{SslAcceptor, SslAcceptorBuilder, SslMethod},
};

use crate::{
    base::{clock::SystemClock, id::Incident, random::SystemRandom, secret::Secret},
    cli::account,
    config::{
        Settings,
        check::{demo_secret, key_bytes},
        value::Confidential,
    },
    crypto::{
        breached::Breached,
        keyring::{Certificate, Keyring, SigningKey},
        password::Hasher,
        seal::{MacKey, MasterKey},
    },
    domain::audit::Actor,
    service::{
        ground::{Ground, Rules},
        operator::Operator,
    },
    storage::{
        db::{Db, DbSettings},
        deployment,
    },
};

/// Opens the database and takes keys and rules from the settings.
pub async fn ground(settings: &Settings) -> anyhow::Result<Ground> {
    let master = MasterKey::from_base64(needed("secrets.master_key_file", settings.secrets.master_key_file.as_ref())?.expose())?;
    let seals = master.seals()?;
    let pepper = needed("secrets.pepper_file", settings.secrets.pepper_file.as_ref())?;
    let pepper = key_bytes(pepper).ok_or_else(|| anyhow!("secrets.pepper_file should hold 32 bytes in base64"))?;
    let pool = DbSettings { connections: settings.storage.connections, ..DbSettings::default() };
    let opening = Db::open(settings.storage_url(), &pool, seals.trail.clone());
    // A database host that never answers is told of, not waited for.
    let db = tokio::time::timeout(Duration::from_secs(30), opening).await.context("the database did not answer within 30 seconds")?;
    let db =
        db.with_context(|| format!("the database {} cannot be opened", crate::config::sources::without_password(settings.storage_url())))?;
    belongs(&db, "secrets.master_key_file", master.fingerprint()?).await?;
    let trace = MacKey::new(&pepper)?.mac(&[b"portvagt/fingerprint"])?;
    belongs(&db, "secrets.pepper_file", trace.iter().take(8).map(|byte| format!("{byte:02x}")).collect()).await?;
    Ok(Ground {
        db,
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        hasher: Hasher::new(settings.password_cost(), Secret::new(pepper.to_vec()))?,
        seals: Arc::new(seals),
        rules: Arc::new(rules(settings)?),
    })
}

/// The rules of the settings, with the files they name opened.
fn rules(settings: &Settings) -> anyhow::Result<Rules> {
    let list = settings.password.breached_file.as_deref();
    let opened = list.map(|path| Breached::open(path).with_context(|| format!("password.breached_file: {}", path.display())));
    let demonstration = settings.secrets.master_key_file.as_ref().is_some_and(|key| key.expose() == demo_secret("master-key"));
    Ok(Rules { breached: opened.transpose()?, demonstration, ..settings.rules() })
}

/// A database is used with the keys it was first opened with; with others its trail would be torn, and what one key
/// sealed the other could not read.
async fn belongs(db: &Db, setting: &str, fingerprint: String) -> anyhow::Result<()> {
    let standing = match deployment::get(db, setting).await? {
        Some(standing) => standing,
        None => deployment::put_if_absent(db, setting, &fingerprint).await?,
    };
    ensure!(standing == fingerprint, "{setting} is not the one this database was made with; put the right file back");
    Ok(())
}

fn needed<'a>(name: &str, secret: Option<&'a Confidential>) -> anyhow::Result<&'a Confidential> {
    secret.ok_or_else(|| anyhow!("{name} must be set; portvagt config check explains"))
}

/// The signing key with its certificate, and those published beside it.
pub fn keyring(settings: &Settings) -> anyhow::Result<Keyring> {
    let saml = &settings.saml;
    let passphrase = saml.signing_passphrase_file.as_ref().map(|secret| Secret::new(secret.expose().to_owned()));
    let active = match (&saml.signing_key_file, &saml.signing_certificate_file, &saml.signing_pkcs12_file) {
        (Some(key), Some(certificate), _) => {
            let pem = std::fs::read(certificate).with_context(|| format!("saml.signing_certificate_file: {}", certificate.display()))?;
            SigningKey::from_pem(key.expose().as_bytes(), &pem, passphrase.as_ref(), false).context("saml.signing_key_file")?
        }
        (_, _, Some(pkcs12)) => {
            let file = std::fs::read(pkcs12).with_context(|| format!("saml.signing_pkcs12_file: {}", pkcs12.display()))?;
            SigningKey::from_pkcs12(&file, &passphrase.unwrap_or_else(|| Secret::new(String::new())), false)
                .context("saml.signing_pkcs12_file")?
        }
        _ => bail!("saml.signing_key_file must be set, with saml.signing_certificate_file; portvagt config check explains"),
    };
    let read = |path: &std::path::PathBuf| -> anyhow::Result<Certificate> {
        let named = || format!("saml.published_certificate_files: {}", path.display());
        Certificate::from_pem(&std::fs::read(path).with_context(named)?).with_context(named)
    };
    let published = saml.published_certificate_files.iter().map(read).collect::<anyhow::Result<_>>()?;
    Ok(Keyring { active, published, bootstrap: bootstrap_key(settings)? })
}

/// The key of bootstrap tokens, when it is not the signing key.
fn bootstrap_key(settings: &Settings) -> anyhow::Result<Option<SigningKey>> {
    let saml = &settings.saml;
    let (Some(key), Some(certificate)) = (&saml.bootstrap_signing_key_file, &saml.bootstrap_signing_certificate_file) else {
        return Ok(None);
    };
    let pem = std::fs::read(certificate).with_context(|| format!("saml.bootstrap_signing_certificate_file: {}", certificate.display()))?;
    SigningKey::from_pem(key.expose().as_bytes(), &pem, None, false).map(Some).context("saml.bootstrap_signing_key_file")
}

/// How we speak TLS ourselves; `None` behind a proxy.
pub fn tls(settings: &Settings) -> anyhow::Result<Option<SslAcceptorBuilder>> {
    match (&settings.http.tls_certificate_file, &settings.http.tls_key_file) {
        (Some(certificate), Some(key)) => Ok(Some(acceptor(certificate, key)?)),
        _ => Ok(None),
    }
}

/// TLS 1.2 with forward secrecy and TLS 1.3 only (Mozilla's "intermediate").
fn acceptor(certificate: &Path, key: &Confidential) -> anyhow::Result<SslAcceptorBuilder> {
    File::open(certificate).with_context(|| format!("http.tls_certificate_file: {}", certificate.display()))?;
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    builder.set_certificate_chain_file(certificate).context("http.tls_certificate_file: holds no certificate chain in PEM")?;
    let key =
        PKey::private_key_from_pem_passphrase(key.expose().as_bytes(), b"").context("http.tls_key_file: holds no private key in PEM")?;
    let fits = builder.set_private_key(&key).and_then(|()| builder.check_private_key());
    // What the library says of it explains nothing to an operator.
    fits.map_err(|_| anyhow!("http.tls_key_file: it is not the key of http.tls_certificate_file"))?;
    Ok(builder)
}

/// Whoever sits at the command line, by the account that owns this process; behind sudo the one who called it.
pub fn operator() -> Operator {
    let read = |file| std::fs::read_to_string(file).unwrap_or_default();
    let name = account::name(&read("/proc/self/status"), std::env::var("SUDO_UID").ok().as_deref(), &read("/etc/passwd"));
    Operator { actor: Actor::Operator(name), incident: Incident::random(&SystemRandom) }
}

/// Runs one command's work to its end.
pub fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?.block_on(work)
}
