//! The MitID broker: what its settings mean together, and the party they make us at the broker. Nothing is asked of the
//! broker here: a server must start also when the broker is down.

use std::time::Duration;

use url::Url;

use super::{finding::Finding, settings::Settings, value::ClientAuthentication};
use crate::{
    base::secret::Secret,
    crypto::jws::StatementKey,
    domain::assurance::Level,
    protocol::oidc::{
        party::{Asking, Authentication, ClaimNames, Party},
        wire::Wire,
    },
};

/// A word about one setting, as `(setting, what is wrong)`.
type Wrong = (&'static str, String);

/// Judges the section; without an issuer nothing of it counts.
pub fn judge(settings: &Settings, findings: &mut Vec<Finding>) {
    let broker = &settings.mitid_broker;
    if let Err((name, words)) = party(settings) {
        findings.push(Finding::error(name, words));
    }
    if broker.issuer.is_none() {
        return;
    }
    if broker.clock_skew.seconds > 300 {
        findings.push(Finding::error("mitid_broker.clock_skew", "must be at most 300 seconds; keep the clocks right instead"));
    }
    if !(1..=60).contains(&broker.timeout.seconds) {
        findings.push(Finding::error("mitid_broker.timeout", "must be from 1 to 60 seconds"));
    }
    if !broker.require_auth_time {
        findings.push(Finding::warning(
            "mitid_broker.require_auth_time",
            "is off; make sure with the broker that prompt=login always means a login with MitID",
        ));
    }
    if let Some(both) = broker.levels_substantial.iter().find(|value| broker.levels_high.contains(value)) {
        findings.push(Finding::error("mitid_broker.levels_high", format!("holds {both:?}, which levels_substantial holds too")));
    }
}

/// Who we are at the broker; `None` when there is none, `Err` when the settings do not make one.
pub fn party(settings: &Settings) -> Result<Option<Party>, Wrong> {
    let broker = &settings.mitid_broker;
    let Some(issuer) = broker.issuer.clone() else { return Ok(None) };
    let timeout = Duration::from_secs(u64::try_from(broker.timeout.seconds).unwrap_or(1).max(1));
    if Url::parse(&issuer).is_ok_and(|url| url.query().is_some()) || Wire::new(&issuer, timeout).is_err() {
        let words = "should be an https address with a host name, without query; http is only for a program on this machine";
        return Err(("mitid_broker.issuer", words.to_owned()));
    }
    let client_id = broker.client_id.clone().filter(|id| !id.is_empty());
    let address = |path: &str| format!("{}{path}", settings.http.base_url);
    let levels = |values: &[String], level| values.iter().map(|value| (value.clone(), level)).collect::<Vec<_>>();
    let mut known = levels(&broker.levels_substantial, Level::Substantial);
    known.extend(levels(&broker.levels_high, Level::High));
    Ok(Some(Party {
        issuer,
        client_id: client_id.ok_or(("mitid_broker.client_id", "must be set beside mitid_broker.issuer".to_owned()))?,
        authentication: authentication(settings)?,
        statement_audience: broker.statement_audience.clone(),
        redirect_uri: address("/mitid/broker/callback"),
        logged_out_uri: address("/mitid/broker/logged-out"),
        asking: Asking {
            scopes: broker.scopes.clone(),
            acr_substantial: broker.acr_substantial.clone(),
            acr_high: broker.acr_high.clone(),
            parameters: pairs("mitid_broker.parameters", &broker.parameters)?,
            parameters_substantial: pairs("mitid_broker.parameters_substantial", &broker.parameters_substantial)?,
            parameters_high: pairs("mitid_broker.parameters_high", &broker.parameters_high)?,
        },
        claims: ClaimNames {
            cpr: broker.cpr_claim.clone(),
            level: broker.level_claim.clone(),
            name: broker.name_claim.clone(),
            reference: broker.transaction_claim.clone(),
        },
        levels: known,
        require_auth_time: broker.require_auth_time,
        clock_skew: broker.clock_skew.seconds,
        timeout,
    }))
}

fn authentication(settings: &Settings) -> Result<Authentication, Wrong> {
    let broker = &settings.mitid_broker;
    let needed = |name| (name, format!("must be set: mitid_broker.client_authentication is {}", word(broker.client_authentication)));
    let secret = || {
        let secret = broker.client_secret_file.as_ref().ok_or_else(|| needed("mitid_broker.client_secret_file"))?;
        Ok(Secret::new(secret.expose().to_owned()))
    };
    match broker.client_authentication {
        ClientAuthentication::SecretBasic => Ok(Authentication::SecretBasic(secret()?)),
        ClientAuthentication::SecretPost => Ok(Authentication::SecretPost(secret()?)),
        ClientAuthentication::PrivateKeyJwt => {
            let pem = broker.private_key_file.as_ref().ok_or_else(|| needed("mitid_broker.private_key_file"))?;
            let key = StatementKey::from_pem(pem.expose().as_bytes(), broker.key_id.as_deref());
            Ok(Authentication::PrivateKey(Box::new(key.map_err(|error| ("mitid_broker.private_key_file", error.to_string()))?)))
        }
    }
}

fn word(kind: ClientAuthentication) -> &'static str {
    match kind {
        ClientAuthentication::PrivateKeyJwt => "private_key_jwt",
        ClientAuthentication::SecretBasic => "client_secret_basic",
        ClientAuthentication::SecretPost => "client_secret_post",
    }
}

/// Parameters that are ours to send cannot be written over.
const OURS: [&str; 14] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "acr_values",
    "request",
    "request_uri",
];

fn pairs(name: &'static str, written: &[String]) -> Result<Vec<(String, String)>, Wrong> {
    let pair = |text: &String| match text.split_once('=') {
        Some((key, _)) if OURS.contains(&key) => Err((name, format!("holds {key}, which Portvagt sends itself"))),
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err((name, format!("holds {text:?}; write \"name=value\""))),
    };
    written.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt, path::Path};

    use super::*;
    use crate::config;

    fn explained(lines: &str) -> (Vec<String>, Option<Party>) {
        let folder = tempfile::tempdir().unwrap();
        let secret = |name: &str, content: &[u8]| {
            std::fs::write(folder.path().join(name), content).unwrap();
            std::fs::set_permissions(folder.path().join(name), std::fs::Permissions::from_mode(0o600)).unwrap();
        };
        let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).unwrap();
        let key = openssl::pkey::PKey::from_ec_key(openssl::ec::EcKey::generate(&group).unwrap()).unwrap();
        secret("broker.key", &key.private_key_to_pem_pkcs8().unwrap());
        secret("broker.secret", b" s3cret\n");
        let file = folder.path().join("portvagt.toml");
        std::fs::write(&file, format!("[http]\nbase_url = \"https://login.example\"\n[mitid_broker]\n{lines}")).unwrap();
        read(&file)
    }

    fn read(file: &Path) -> (Vec<String>, Option<Party>) {
        let explained = config::explain(Some(file), &[], config::Mode::Serve);
        let findings = explained.findings.iter().map(ToString::to_string).filter(|words| words.contains("mitid_broker"));
        (findings.collect(), explained.settings.and_then(|settings| party(&settings).ok().flatten()))
    }

    const SOUND: &str = "issuer = \"https://broker.example\"\nclient_id = \"us\"\nprivate_key_file = \"broker.key\"\n";

    #[test]
    fn settings_make_a_party_with_addresses_behind_ours() {
        assert_eq!(explained("").0, Vec::<String>::new());
        assert!(explained("").1.is_none(), "no issuer, no broker");
        let (findings, party) = explained(SOUND);
        let party = party.unwrap();
        assert_eq!(findings, Vec::<String>::new());
        assert_eq!(party.redirect_uri, "https://login.example/mitid/broker/callback");
        assert_eq!((party.level("SUBSTANTIAL"), party.level("low")), (Some(Level::Substantial), None));
        let secret = SOUND.replace("private_key_file = \"broker.key\"", "client_authentication = \"client_secret_post\"\nclient_secret_file = \"broker.secret\"\nparameters = [\"idp_params={\\\"a\\\":\\\"b=c\\\"}\"]");
        let party = explained(&secret).1.unwrap();
        assert!(matches!(&party.authentication, Authentication::SecretPost(secret) if secret.expose() == "s3cret"));
        assert_eq!(party.asking.parameters, [("idp_params".to_owned(), "{\"a\":\"b=c\"}".to_owned())]);
    }

    #[test]
    fn each_mistake_is_named() {
        for (lines, word) in [
            (SOUND.replace("https", "http"), "mitid_broker.issuer"),
            (SOUND.replace("broker.example", "10.0.0.1"), "mitid_broker.issuer"),
            (SOUND.replace("\"us\"", "\"\""), "mitid_broker.client_id"),
            (SOUND.replace("private_key_file", "# "), "mitid_broker.private_key_file"),
            (SOUND.replace("broker.key", "broker.secret"), "mitid_broker.private_key_file"),
            (format!("{SOUND}client_authentication = \"client_secret_basic\""), "mitid_broker.client_secret_file"),
            (format!("{SOUND}client_authentication = \"none\""), "client_secret_basic"),
            (format!("{SOUND}clock_skew = \"10m\""), "mitid_broker.clock_skew"),
            (format!("{SOUND}timeout = \"0s\""), "mitid_broker.timeout"),
            (format!("{SOUND}require_auth_time = false"), "prompt=login"),
            (format!("{SOUND}levels_high = [\"SUBSTANTIAL\"]"), "levels_substantial"),
            (format!("{SOUND}parameters = [\"state=1\"]"), "sends itself"),
            (format!("{SOUND}parameters_high = [\"x\"]"), "name=value"),
        ] {
            let (findings, _) = explained(&lines);
            assert!(findings.iter().any(|finding| finding.contains(word)), "{lines}: {findings:?}");
        }
    }
}
