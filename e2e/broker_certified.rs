//! A certified OpenID provider as the broker: both ways to prove who we are, each signature algorithm, claims in the ID
//! token and at the userinfo endpoint, levels, breaking off, new keys, and logging out. The provider is npm's
//! `oidc-provider`, which `./dev test` installs.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use openssl::pkey::PKey;
use portvagt::{
    base::secret::Secret,
    crypto::jws::StatementKey,
    protocol::oidc::party::{Authentication, Party},
};
use serde_json::{Value, json};

use crate::{
    actors::broker::{CLIENT, key as made_key},
    broker_case::{CPR, ask, leaving, party},
    house::{Engine, House, Plan},
    visitor::{Page, Visitor},
};

/// What only the two know, in letters that a header must carry coded.
const SECRET: &str = "s3cret+%/of:the tests";

/// The provider's process; it ends with its standard input, at the latest with us.
struct Certified {
    child: Child,
    /// Held open: a provider that cannot write its words ends.
    _output: BufReader<ChildStdout>,
    issuer: String,
}

impl Certified {
    fn start(settings: &Value) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e/oidc-provider");
        assert!(folder.join("node_modules/oidc-provider").is_dir(), "npm ci in {} (./dev test does)", folder.display());
        let mut command = Command::new("node");
        let command = command.arg("provider.mjs").current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("node starts");
        writeln!(child.stdin.as_mut().expect("its input"), "{settings}").expect("it listens");
        let mut issuer = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        output.read_line(&mut issuer).expect("a line");
        Self { child, _output: output, issuer: issuer.trim().to_owned() }
    }
}

impl Drop for Certified {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How the two know each other.
#[derive(Clone, Copy)]
struct Acquaintance {
    /// `client_secret_basic`, `client_secret_post` or `private_key_jwt` with this kind of key.
    method: &'static str,
    elliptic: bool,
    /// What ID tokens are signed with.
    algorithm: &'static str,
    /// Whether claims stand in the ID token.
    in_id_token: bool,
}

const USUAL: Acquaintance = Acquaintance { method: "client_secret_basic", elliptic: false, algorithm: "RS256", in_id_token: true };

struct Scene {
    house: House,
    provider: Certified,
    visitor: Visitor,
}

impl Scene {
    /// The provider must know our address before we know its: the house takes a free port, and says it.
    async fn of(engine: Engine, acquaintance: Acquaintance) -> Self {
        let port = free_port();
        let base = format!("http://localhost:{port}");
        let pem = if acquaintance.elliptic { made_key("ec-own") } else { own_rsa() }.private_key_to_pem_pkcs8().expect("PEM");
        let key = StatementKey::from_pem(&pem, None).expect("a key");
        let (method, secret) = (acquaintance.method, Secret::new(SECRET.to_owned()));
        let mut client = json!({
            "client_id": CLIENT,
            "token_endpoint_auth_method": method,
            "id_token_signed_response_alg": acquaintance.algorithm,
            "redirect_uris": [format!("{base}/mitid/broker/callback")],
            "post_logout_redirect_uris": [format!("{base}/mitid/broker/logged-out")],
        });
        let authentication = match method {
            "private_key_jwt" => {
                client["jwks"] = json!({ "keys": [key.public()] });
                Authentication::PrivateKey(Box::new(key))
            }
            other => {
                client["client_secret"] = SECRET.into();
                if other == "client_secret_post" { Authentication::SecretPost(secret) } else { Authentication::SecretBasic(secret) }
            }
        };
        let persons = json!({ "anna": { "cpr": CPR, "name": "Given anna Prøvesen" }, "berit": { "cpr": "0202802345", "name": "Berit" } });
        let provider = Certified::start(&json!({ "clients": [client], "inIdToken": acquaintance.in_id_token, "persons": persons }));
        let party = Party { authentication, timeout: std::time::Duration::from_secs(20), ..party(&provider.issuer) };
        let plan = Plan { broker: Some(party), real_time: true, port: Some(port), ..Plan::default() };
        let house = House::build(engine, plan).await;
        let employee = house.known_by_cpr("anna", CPR).await;
        let visitor = employee.at_home(&house).await;
        Self { house, provider, visitor }
    }

    /// Asks, and fills in the provider's page.
    async fn use_mitid(&mut self, fields: &[(&str, &str)]) -> Page {
        // Whoever uses MitID next is not held to be the one before: the provider would first log that one out.
        self.visitor.cookies.remove_starting("_session");
        let page = ask(&self.house, &mut self.visitor).await;
        let page = self.visitor.open(leaving(&page)).await;
        let mut form = page.form("/use-mitid/");
        for (name, value) in fields {
            form.set(name, value);
        }
        let answer = self.visitor.submit(&page, &form).await;
        self.visitor.follow(answer).await
    }

    async fn proofings(&self) -> i64 {
        self.house.count("SELECT COUNT(*) FROM proofings WHERE method = 'mitid'").await
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr()).expect("a free port").port()
}

fn own_rsa() -> PKey<openssl::pkey::Private> {
    use std::sync::OnceLock;
    static KEY: OnceLock<PKey<openssl::pkey::Private>> = OnceLock::new();
    KEY.get_or_init(|| PKey::from_rsa(openssl::rsa::Rsa::generate(3072).expect("a key")).expect("a key")).clone()
}

#[tokio::test]
async fn a_certified_provider_knows_us_by_secret_and_by_key_and_is_believed_under_each_algorithm() {
    let by_key = |elliptic| Acquaintance { method: "private_key_jwt", elliptic, ..USUAL };
    let all = [
        USUAL,
        Acquaintance { method: "client_secret_post", algorithm: "PS256", in_id_token: false, ..USUAL },
        Acquaintance { algorithm: "ES256", ..by_key(false) },
        Acquaintance { in_id_token: false, ..by_key(true) },
    ];
    for engine in [Engine::Sqlite, Engine::Postgres] {
        for acquaintance in all {
            let mut scene = Scene::of(engine, acquaintance).await;
            let page = scene.use_mitid(&[("person", "anna")]).await;
            let what = format!("{} {} {engine:?}", acquaintance.method, acquaintance.algorithm);
            assert_eq!(scene.proofings().await, 1, "{what}: {}", page.describe());
            scene.house.close().await;
        }
    }
}

#[tokio::test]
async fn a_certified_provider_logs_out_and_leads_back() {
    let mut scene = Scene::of(Engine::Sqlite, USUAL).await;
    let page = scene.use_mitid(&[("person", "anna")]).await;
    let form = page.forms().into_iter().find(|form| form.action.as_str().starts_with(&scene.provider.issuer)).expect("a form");
    let asked = scene.visitor.submit(&page, &form).await;
    let asked = scene.visitor.follow(asked).await;
    let mut confirm = asked.form("/session/end/confirm");
    confirm.set("logout", "yes");
    let back = scene.visitor.submit(&asked, &confirm).await;
    let page = scene.visitor.follow(back).await;
    assert_eq!((page.status, page.url.path()), (200, "/account"), "{}", page.describe());
    scene.house.close().await;
}

#[tokio::test]
async fn breaking_off_a_lower_level_and_somebody_else_prove_nothing_and_new_keys_are_found() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut scene = Scene::of(engine, USUAL).await;
        for (fields, reason) in [
            (&[("cancel", "yes")][..], "cancelled"),
            (&[("person", "anna"), ("acr", "urn:l")][..], "level"),
            (&[("person", "berit")][..], "other_cpr"),
        ] {
            scene.use_mitid(fields).await;
            let refused = scene.house.new_events("mitid.refused").await;
            assert_eq!((refused.len(), refused[0].details["reason"].as_str()), (1, reason));
        }
        assert_eq!(scene.proofings().await, 0);
        for proofings in 1..3 {
            // The second time under keys that were not there when the first were fetched.
            let page = scene.use_mitid(&[("person", "anna")]).await;
            assert_eq!(scene.proofings().await, proofings, "{}", page.describe());
            scene.visitor.get(format!("{}/rotate", scene.provider.issuer)).await;
        }
        scene.house.close().await;
    }
}
