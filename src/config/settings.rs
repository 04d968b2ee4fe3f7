//! The one list of settings. Each line gives name, type, default or example (then there is no default) and what it is;
//! the typed structs, the reading, the unknown-name check, `config reference` and `docs/configuration.md` follow from it.

use std::{net::SocketAddr, path::PathBuf};

use super::{
    finding::Finding,
    value::{ClientAuthentication, Confidential, LogFormat, MailTls, Reading, Span},
    values::Values,
};
use crate::{domain::assurance::Level, protocol::attestation::Demand};

/// What is known of one setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The section (TOML table).
    pub section: &'static str,
    /// The key in it.
    pub key: &'static str,
    /// What kind of value.
    pub kind: &'static str,
    /// The default as TOML, or an example when there is none.
    pub literal: &'static str,
    /// Whether `literal` is the default.
    pub has_default: bool,
    /// Whether the value is a secret in a file of its own.
    pub secret: bool,
    /// What it is, in sentences.
    pub doc: &'static str,
}

impl Setting {
    /// `section.key`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }

    /// The environment variable of the same meaning.
    pub fn variable(&self) -> String {
        format!("PORTVAGT_{}_{}", self.section, self.key).to_ascii_uppercase()
    }

    /// The environment variable that holds the secret itself, for a secret setting.
    pub fn content_variable(&self) -> Option<String> {
        if self.secret { self.variable().strip_suffix("_FILE").map(str::to_owned) } else { None }
    }
}

macro_rules! has_default {
    (default) => {
        true
    };
    (example) => {
        false
    };
}

macro_rules! settings {
    ($( $(#[doc = $section_doc:literal])+ $section:ident: $struct:ident { $( $(#[doc = $doc:literal])+ $key:ident: $type:ty, $mark:ident $literal:literal; )+ } )+) => {
        /// All settings, by section.
        #[derive(Debug, Clone)]
        pub struct Settings { $( $(#[doc = $section_doc])+ pub $section: $struct, )+ }

        $( $(#[doc = $section_doc])+
        #[derive(Debug, Clone)]
        pub struct $struct { $( $(#[doc = $doc])+ pub $key: $type, )+ } )+

        /// The list, in the order it is documented.
        pub const LIST: &[Setting] = &[ $( $( Setting {
            section: stringify!($section),
            key: stringify!($key),
            kind: <$type as Reading>::KIND,
            literal: $literal,
            has_default: has_default!($mark),
            secret: <$type as Reading>::SECRET,
            doc: concat!($($doc),+),
        }, )+ )+ ];

        /// The sections with what they are about.
        pub const SECTIONS: &[(&str, &str)] = &[ $( (stringify!($section), concat!($($section_doc),+)), )+ ];

        impl Settings {
            /// Reads all values; every unreadable one is reported, not only the first.
            pub fn read(values: &Values) -> Result<Self, Vec<Finding>> {
                let mut findings = Vec::new();
                $( let $section = $struct::read(values, &mut findings); )+
                match ($($section,)+) {
                    ($(Some($section),)+) => Ok(Self { $($section),+ }),
                    _ => Err(findings),
                }
            }
        }

        $( impl $struct {
            fn read(values: &Values, findings: &mut Vec<Finding>) -> Option<Self> {
                $( let $key = values.read::<$type>(concat!(stringify!($section), ".", stringify!($key)), findings); )+
                Some(Self { $($key: $key?),+ })
            }
        } )+
    };
}

settings! {
    /// How Portvagt is reached.
    http: Http {
        /// The address and port to listen on. Behind a reverse proxy on the same machine, keep 127.0.0.1.
        bind: SocketAddr, default "\"127.0.0.1:8080\"";
        /// The address people and services know Portvagt by, without a slash at its end. Must be https, except on localhost.
        base_url: String, default "\"http://localhost:8080\"";
        /// Reverse proxies whose X-Forwarded-For is believed: IP addresses or networks (10.0.0.0/8). Without it the header is ignored.
        trusted_proxies: Vec<String>, default "[]";
        /// Certificate chain (PEM) when Portvagt speaks TLS itself.
        tls_certificate_file: Option<PathBuf>, example "\"/etc/portvagt/tls.crt\"";
        /// Private key (PEM) of that certificate.
        tls_key_file: Option<Confidential>, example "\"/etc/portvagt/tls.key\"";
        /// Threads that serve requests; 0 means one more than there are cores.
        workers: u32, default "0";
    }
    /// Where data lies.
    storage: Storage {
        /// `sqlite:/path/to/file` (embedded, one machine) or `postgres://user@host/database` (several machines).
        url: String, default "\"sqlite:/var/lib/portvagt/portvagt.db\"";
        /// A file that holds the whole address instead, when it contains a password.
        url_file: Option<Confidential>, example "\"/etc/portvagt/storage.url\"";
        /// Connections: readers of SQLite beside its one writer, or the pool of PostgreSQL.
        connections: u32, default "8";
    }
    /// Keys that protect what lies in the database. Keep copies apart from the database's own backup.
    secrets: Secrets {
        /// The master key: 32 bytes in base64, made by `portvagt keys generate master-key`. TOTP secrets and CPR numbers are sealed with it; without it they are lost.
        master_key_file: Option<Confidential>, example "\"/etc/portvagt/master.key\"";
        /// The pepper mixed into every password hash: 32 bytes in base64, made by `portvagt keys generate pepper`. Without it nobody's password fits.
        pepper_file: Option<Confidential>, example "\"/etc/portvagt/pepper\"";
    }
    /// What pages say about who runs this.
    site: Site {
        /// The organisation's name on the pages.
        organisation: String, default "\"Portvagt\"";
        /// Where people write for help and about accessibility.
        contact_email: Option<String>, example "\"servicedesk@testkommune.example\"";
        /// A sentence of help on the login page: where to call, when.
        help_text: Option<String>, example "\"Call the service desk: 70 10 00 00\"";
    }
    /// Demands on passwords, and how they are hashed (Argon2id).
    password: Password {
        /// Fewest characters; at least 8. 12 is right beside a second factor, which Portvagt always asks for.
        min_length: u32, default "12";
        /// Fewest characters where the same password also opens something by itself.
        min_length_alone: u32, default "15";
        /// Whether it does: a workstation or another system that takes this password without a second factor.
        used_alone: bool, default "false";
        /// How many of a person's passwords, the present one first, may not be chosen again; at most 24. Each costs a hash at every change.
        history: u32, default "8";
        /// Passwords that nobody may choose, beside the built-in list; digits and signs around them change nothing.
        blocked: Vec<String>, default "[]";
        /// A file of passwords stolen elsewhere, in the ordered format of Have I Been Pwned (SHA1:COUNT, a line each). It is searched where it lies; nothing is fetched.
        breached_file: Option<PathBuf>, example "\"/var/lib/portvagt/pwned-passwords-sha1-ordered-by-hash.txt\"";
        /// Words of your own that may not make up a password: the organisation's name, its towns, its systems.
        context_words: Vec<String>, default "[]";
        /// Memory of one hash in KiB; at least 19456. Raised values reach each person at their next login.
        memory_kib: u32, default "19456";
        /// Passes over that memory; at least 2.
        iterations: u32, default "2";
        /// Lanes of one hash; 1 is best for servers.
        parallelism: u32, default "1";
        /// Hashes made at the same time; 0 means as many as cores and memory allow.
        hash_threads: u32, default "0";
        /// Logins that may wait for a hash before newcomers are asked to try again.
        queue: u32, default "64";
    }
    /// Lifetimes of logins.
    session: Session {
        /// A session unused this long is over.
        idle: Span, default "\"1h\"";
        /// A session this old is over, used or not.
        absolute: Span, default "\"10h\"";
        /// A second factor this old is asked for again before a service is answered.
        second_factor: Span, default "\"4h\"";
        /// A login that is not finished is forgotten after this.
        flow: Span, default "\"15m\"";
        /// Changing one's own passkeys and codes needs a login no older than this.
        fresh: Span, default "\"15m\"";
    }
    /// Growing delays after wrong passwords and codes.
    throttle: Throttle {
        /// Failures in a row before an account, or a second factor, must wait.
        account_failures: u32, default "5";
        /// The first delay; it doubles with each further failure.
        first_delay: Span, default "\"30s\"";
        /// The longest delay.
        longest_delay: Span, default "\"15m\"";
        /// Failures a minute from one address before it must wait.
        address_failures: u32, default "30";
        /// Failures a minute from one network (IPv4 /24, IPv6 /48) before it must wait.
        network_failures: u32, default "120";
        /// Failures in a row, delays and all, that lock an account until its owner proves who they are or an administrator opens it; 0 never does.
        lock_after: u32, default "100";
    }
    /// How identities are proved (NSIS 3.1.2).
    proofing: Proofing {
        /// Whether a proofing in person ends on the last day of the document that was seen.
        ends_with_document: bool, default "true";
        /// Whether `portvagt person prove` may record that somebody was seen. It is how the first registrants are proved; switch it off once there are some.
        by_command_line: bool, default "true";
    }
    /// The one-time codes by which people take their identity into use, or get it back.
    activation: Activation {
        /// How long a code may be used that a registrant hands over for the first login.
        lifetime: Span, default "\"24h\"";
        /// How long an invitation sent by mail may be used.
        mail_invitation: Span, default "\"24h\"";
        /// How long an invitation in a printed letter may be used; the post needs days.
        letter_invitation: Span, default "\"14d\"";
        /// How long a recovery code may be used that a registrant hands over at the desk.
        recovery_code: Span, default "\"15m\"";
    }
    /// Mails to people about their own identity. Without `smtp_host` nobody is told of anything.
    mail: Mail {
        /// The mail server that takes our mails over, by the name in its certificate.
        smtp_host: Option<String>, example "\"smtp.testkommune.example\"";
        /// Its port: 587 or 25 with `starttls`, 465 with `tls`.
        smtp_port: u32, default "587";
        /// `starttls`, or `tls` from the first byte. TLS 1.2 or newer with a certificate that is checked; nothing is ever sent in clear. `plain` is for the demo, and for localhost only.
        tls: MailTls, default "\"starttls\"";
        /// Certificates (PEM) that the server's certificate may be issued by, beside those this machine trusts.
        ca_file: Option<PathBuf>, example "\"/etc/portvagt/mail-ca.crt\"";
        /// The name we log in to the mail server with, if it wants that.
        username: Option<String>, example "\"portvagt\"";
        /// The password for it.
        password_file: Option<Confidential>, example "\"/etc/portvagt/mail.password\"";
        /// The address mails come from.
        from: Option<String>, example "\"login@testkommune.example\"";
        /// Where answers go, if anybody reads them.
        reply_to: Option<String>, example "\"servicedesk@testkommune.example\"";
        /// The name we greet the mail server with; without it the host of http.base_url.
        hello_name: Option<String>, example "\"login.testkommune.example\"";
        /// Mails a minute that each node hands over at most.
        rate: u32, default "120";
        /// How long each step of a conversation with the mail server may take.
        timeout: Span, default "\"30s\"";
        /// The wait after the first failed try; it doubles with each further one.
        first_retry: Span, default "\"1m\"";
        /// The longest wait between tries.
        longest_retry: Span, default "\"1h\"";
        /// A mail that could not be sent for so long is put aside; `portvagt mail list` shows it.
        give_up: Span, default "\"24h\"";
        /// How long sent and given-up mails stay in the list; the words of a sent one are erased at once.
        keep: Span, default "\"30d\"";
    }
    /// Passkeys and security keys.
    webauthn: Webauthn {
        /// The domain keys are bound to; without it the host of http.base_url. Changing it makes every enrolled key useless.
        rp_id: Option<String>, example "\"testkommune.example\"";
        /// The name browsers show; without it site.organisation.
        rp_name: Option<String>, example "\"Testkommune\"";
        /// Whether new keys say who made them: `none` (they are not asked), `asked` (those that do not may carry less) or `required` (others, and synced passkeys, are refused).
        attestation: Demand, default "\"none\"";
        /// Certificates (PEM) of makers whose keys are believed.
        attestation_ca_file: Option<PathBuf>, example "\"/etc/portvagt/attestation.pem\"";
        /// The FIDO Alliance's signed list of models, fetched from `https://mds3.fidoalliance.org/` by you; each model is believed by its own certificates.
        metadata_file: Option<PathBuf>, example "\"/var/lib/portvagt/fido-metadata.jwt\"";
        /// The root certificate (PEM) that list is signed under.
        metadata_root_file: PathBuf, default "\"/etc/ssl/certs/GlobalSign_Root_CA_-_R3.pem\"";
        /// The only models (AAGUIDs) of attested keys that are taken; without any, all whose maker is believed.
        allowed_aaguids: Vec<String>, default "[]";
    }
    /// The most that each sort of second factor carries, together with the password or the PIN it needs: `low`, `substantial` or `high`. None carries more than the login it was enrolled under.
    authenticators: Authenticators {
        /// A key that stays in its device, as its maker attests. `high` only if your own assessment of the models says so.
        attested_level: Level, default "\"substantial\"";
        /// A key that says itself that it stays in its device; at most substantial.
        device_bound_level: Level, default "\"substantial\"";
        /// A passkey that its owner's devices share; at most substantial.
        synced_level: Level, default "\"substantial\"";
        /// Codes of an authenticator app; at most substantial.
        totp_level: Level, default "\"substantial\"";
    }
    /// The SAML identity provider (OIOSAML 3).
    saml: Saml {
        /// Our entity ID; OIO-GE-03 wants it to begin with https://saml or http://saml. Without it `https://saml.` and the host of http.base_url. Never change it once services know it.
        entity_id: Option<String>, example "\"https://saml.testkommune.example\"";
        /// The signing key (PEM, RSA of at least 3072 bits): a FOCES/VOCES key in production, `portvagt keys generate signing` for tests.
        signing_key_file: Option<Confidential>, example "\"/etc/portvagt/signing.key\"";
        /// Its certificate (PEM).
        signing_certificate_file: Option<PathBuf>, example "\"/etc/portvagt/signing.crt\"";
        /// Key and certificate together as PKCS#12, instead of the two above.
        signing_pkcs12_file: Option<PathBuf>, example "\"/etc/portvagt/signing.p12\"";
        /// The passphrase of the PKCS#12 file or of an encrypted PEM key.
        signing_passphrase_file: Option<Confidential>, example "\"/etc/portvagt/signing.passphrase\"";
        /// Further certificates published in our metadata, so that services know the next key before it signs.
        published_certificate_files: Vec<PathBuf>, default "[]";
        /// The key that signs bootstrap tokens (PEM), when the STS is to know another one than services do.
        bootstrap_signing_key_file: Option<Confidential>, example "\"/etc/portvagt/bootstrap.key\"";
        /// Its certificate (PEM): the one the STS's operator registers.
        bootstrap_signing_certificate_file: Option<PathBuf>, example "\"/etc/portvagt/bootstrap.crt\"";
        /// How long an assertion may be delivered (SubjectConfirmationData).
        assertion_lifetime: Span, default "\"5m\"";
        /// How long what it says may be relied on (Conditions).
        conditions_lifetime: Span, default "\"10m\"";
        /// How far other machines' clocks may be off.
        clock_skew: Span, default "\"180s\"";
        /// Whether signed requests are also taken by HTTP-POST, beside HTTP-Redirect.
        allow_post_requests: bool, default "true";
        /// The technical contact in our metadata.
        contact_email: Option<String>, example "\"drift@testkommune.example\"";
    }
    /// Telling services that a login is over. Those with a SOAP address in their metadata hear it from us, the others by the browser.
    logout: Logout {
        /// How long a service may take to answer us; at most 5 seconds, since somebody may be waiting.
        timeout: Span, default "\"5s\"";
        /// Certificates (PEM) that services' own may be issued by, beside those this machine trusts.
        ca_file: Option<PathBuf>, example "\"/etc/portvagt/services-ca.crt\"";
        /// The wait after the first failed try; it doubles with each further one.
        first_retry: Span, default "\"30s\"";
        /// The longest wait between tries.
        longest_retry: Span, default "\"30m\"";
        /// A service that could not be told for so long is given up; the audit trail says so.
        give_up: Span, default "\"12h\"";
    }
    /// MitID by NemLog-in: we as an OIOSAML 3 service provider. `portvagt mitid metadata` prints what is uploaded there.
    nemlogin: Nemlogin {
        /// Whether this road is open; it then needs metadata_file.
        enabled: bool, default "false";
        /// NemLog-in's published metadata, as a file; `portvagt mitid check FILE` explains it.
        metadata_file: Option<PathBuf>, example "\"/etc/portvagt/nemlog-in.xml\"";
        /// Our entity ID as a service provider. Without it that of the identity provider (saml.entity_id) and `/mitid`. Never change it once NemLog-in knows it.
        entity_id: Option<String>, example "\"https://saml.testkommune.example/mitid\"";
        /// The key our questions are signed with (PEM), when it is not that of the saml section.
        signing_key_file: Option<Confidential>, example "\"/etc/portvagt/nemlogin.key\"";
        /// Its certificate (PEM).
        signing_certificate_file: Option<PathBuf>, example "\"/etc/portvagt/nemlogin.crt\"";
        /// The key that opens NemLog-in's answers (PEM), when it is not the signing key.
        decryption_key_file: Option<Confidential>, example "\"/etc/portvagt/nemlogin-encryption.key\"";
        /// Its certificate (PEM).
        decryption_certificate_file: Option<PathBuf>, example "\"/etc/portvagt/nemlogin-encryption.crt\"";
        /// The least level asked for: `substantial` or `high`.
        level: String, default "\"substantial\"";
        /// Whose MitID: `person` (private), `professional` (MitID Erhverv) or `any`. It must tell the CPR number in each case.
        profile: String, default "\"person\"";
        /// Whether answers encrypted with AES-CBC are opened, where NemLog-in signed the response as a whole. It uses AES-GCM; CBC has no integrity of its own.
        allow_cbc: bool, default "false";
    }
    /// MitID by a private broker, over OpenID Connect. The defaults of claims and levels are the words of one Danish broker; yours may have others: see its documentation.
    mitid_broker: MitidBroker {
        /// The broker's issuer identifier, exactly as its discovery document writes it. Without it there is no such road to MitID.
        issuer: Option<String>, example "\"https://testkommune.broker.example\"";
        /// What the broker calls us. To be registered there: `/mitid/broker/callback` as redirect address and `/mitid/broker/logged-out` as the one after logout, both behind http.base_url.
        client_id: Option<String>, example "\"urn:portvagt:testkommune\"";
        /// How we prove to the broker who we are: `private_key_jwt` (best; it fetches our key from `/mitid/broker/keys`), `client_secret_basic` or `client_secret_post`.
        client_authentication: ClientAuthentication, default "\"private_key_jwt\"";
        /// The key for `private_key_jwt` (PEM): RSA of at least 3072 bits, or P-256.
        private_key_file: Option<Confidential>, example "\"/etc/portvagt/broker.key\"";
        /// The name the broker knows that key by; without it the key's thumbprint.
        key_id: Option<String>, example "\"2026\"";
        /// The audience of what we sign for the broker; without it the issuer. Some brokers want the address of their token endpoint.
        statement_audience: Option<String>, example "\"https://testkommune.broker.example/connect/token\"";
        /// The secret for `client_secret_basic` and `client_secret_post`.
        client_secret_file: Option<Confidential>, example "\"/etc/portvagt/broker.secret\"";
        /// Scopes to ask for beside `openid`; one of them must bring the CPR number.
        scopes: Vec<String>, default "[\"ssn\"]";
        /// What to send as acr_values for MitID at Substantial.
        acr_substantial: Vec<String>, default "[\"urn:grn:authn:dk:mitid:substantial\"]";
        /// What to send as acr_values for MitID at High.
        acr_high: Vec<String>, default "[\"urn:grn:authn:dk:mitid:high\"]";
        /// Further parameters of the broker's own, as `name=value`.
        parameters: Vec<String>, default "[]";
        /// Those to send for Substantial only.
        parameters_substantial: Vec<String>, default "[]";
        /// Those to send for High only.
        parameters_high: Vec<String>, default "[]";
        /// The claim that holds the CPR number, in the ID token or at the userinfo endpoint.
        cpr_claim: String, default "\"cprNumberIdentifier\"";
        /// The claim of the ID token that tells the level of the login.
        level_claim: String, default "\"acr\"";
        /// Its values that mean Substantial. Any other value, and none, is refused.
        levels_substantial: Vec<String>, default "[\"urn:grn:authn:dk:mitid:substantial\", \"https://data.gov.dk/concept/core/nsis/Substantial\", \"https://data.gov.dk/concept/core/nsis/loa/Substantial\", \"SUBSTANTIAL\"]";
        /// Its values that mean High.
        levels_high: Vec<String>, default "[\"urn:grn:authn:dk:mitid:high\", \"https://data.gov.dk/concept/core/nsis/High\", \"https://data.gov.dk/concept/core/nsis/loa/High\", \"HIGH\"]";
        /// The claim that holds the person's name.
        name_claim: String, default "\"name\"";
        /// The claim that holds the broker's id of the login, kept as evidence; without it the token's own id.
        transaction_claim: String, default "\"transaction_id\"";
        /// Whether the ID token must say when the person used MitID (auth_time). Without it a broker's old session could be taken for a login now.
        require_auth_time: bool, default "true";
        /// How far the broker's clock may be off; at most 5 minutes.
        clock_skew: Span, default "\"60s\"";
        /// How long the broker may take for one answer.
        timeout: Span, default "\"10s\"";
    }
    /// The log, written to standard error.
    log: Log {
        /// `error`, `warn`, `info`, `debug` or a filter such as `info,sqlx=warn`.
        level: String, default "\"info\"";
        /// `json` (one object a line, for machines) or `text` (for eyes).
        format: LogFormat, default "\"json\"";
    }
    /// The audit trail.
    audit: Audit {
        /// How long events are kept. Under 13 months brings a warning: a yearly audit looks back at more than a year.
        retention: Span, default "\"400d\"";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_literal_is_toml_and_every_doc_a_sentence() {
        for setting in LIST {
            let line = format!("{} = {}", setting.key, setting.literal);
            assert!(line.parse::<toml::Table>().is_ok(), "{line}");
            assert!(setting.doc.trim().ends_with('.'), "{}: {}", setting.name(), setting.doc);
            assert!(!setting.secret || setting.key.ends_with("_file"), "{} is a secret and stands in a file", setting.name());
        }
    }
}
