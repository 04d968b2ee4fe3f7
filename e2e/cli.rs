//! The command line as operators use it: the real program, on a folder of its own. Nothing here opens a port.

#![allow(clippy::disallowed_types, reason = "a tamperer writes SQL as he likes")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// A configuration with fresh keys and an empty database, and the program on it.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let desk = Self { folder };
        let at = |name: &str| desk.folder.path().join(name).to_str().unwrap().to_owned();
        for (kind, file) in [("master-key", "master.key"), ("pepper", "pepper"), ("signing", "signing.key")] {
            desk.good(&["keys", "generate", kind, "--out", &at(file)], "");
        }
        let database = at("portvagt.db");
        let text = format!(
            "[http]\nbase_url = \"https://login.example\"\ntrusted_proxies = [\"127.0.0.1\"]\n[storage]\nurl = \"sqlite:{database}\"\n\
             [secrets]\nmaster_key_file = \"master.key\"\npepper_file = \"pepper\"\n\
             [saml]\nsigning_key_file = \"signing.key\"\nsigning_certificate_file = \"signing.crt\"\n\
             [mail]\nsmtp_host = \"localhost\"\nsmtp_port = 1\nfrom = \"login@testkommune.example\"\n"
        );
        std::fs::write(at("portvagt.toml"), text).unwrap();
        desk
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs the program with `input` on its standard input.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Output {
        self.run_as("tester", arguments, input)
    }

    /// The same, with an environment that says who somebody is.
    fn run_as(&self, user: &str, arguments: &[&str], input: &str) -> Output {
        let mut program = Command::new(env!("CARGO_BIN_EXE_portvagt"))
            .arg("--config")
            .arg(self.path().join("portvagt.toml"))
            .args(arguments)
            .env_clear()
            .envs(["USER", "LOGNAME", "SUDO_USER"].map(|name| (name, user)))
            .current_dir(self.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that refuses its arguments reads nothing.
        _ = program.stdin.take().unwrap().write_all(input.as_bytes());
        program.wait_with_output().unwrap()
    }

    /// What it says, when it ends well.
    pub(crate) fn good(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it says in JSON.
    pub(crate) fn json(&self, arguments: &[&str], input: &str) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        serde_json::from_str(&self.good(&arguments, input)).unwrap()
    }

    /// Why it refuses, in words.
    pub(crate) fn refused(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Changes the database as somebody with its file would.
    pub(crate) fn tamper(&self, sql: &str) {
        let url = format!("sqlite:{}", self.path().join("portvagt.db").display());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
            let mut connection = SqliteConnection::connect(&url).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        });
    }

    pub(crate) fn with_organisation() -> Self {
        let desk = Self::new();
        desk.good(&["organisation", "add", "--cvr", "90000001", "--name", "Testkommune", "--notified", "substantial"], "");
        desk
    }

    pub(crate) fn with_anna() -> Self {
        let desk = Self::with_organisation();
        desk.good(&["person", "add", "anna", "--given-name", "Anna", "--family-name", "Jensen"], "six blue bicycles\n");
        desk
    }
}

#[test]
fn the_configuration_of_a_newcomer_is_explained_until_it_is_right() {
    let desk = Desk::new();
    assert!(desk.good(&["config", "check"], "").contains("starts with this configuration: 0 error(s), 0 warning(s)"));
    let file = desk.path().join("portvagt.toml");
    let text = std::fs::read_to_string(&file).unwrap().replace("base_url", "base_ulr");
    std::fs::write(&file, text).unwrap();
    let output = desk.run(&["config", "check"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("http.base_ulr is no setting; did you mean http.base_url?"));
    assert!(desk.refused(&["person", "list"], "").contains("did you mean http.base_url?"));
}

#[test]
fn the_reference_completions_and_man_page_are_made_from_the_lists() {
    let desk = Desk::new();
    assert!(desk.good(&["config", "reference"], "").contains("# memory_kib = 19456"));
    assert!(desk.good(&["completions", "bash"], "").contains("relying-party"));
    assert!(desk.good(&["man"], "").contains(".TH portvagt 1"));
}

#[test]
fn a_person_is_added_proved_suspended_and_reactivated() {
    let desk = Desk::with_anna();
    let shown = desk.json(&["person", "show", "anna"], "");
    assert_eq!(shown["identity"], Value::Null);
    assert_eq!(shown["activation_open"], true);
    desk.good(
        &["person", "prove", "ANNA", "--method", "in-person", "--level", "substantial", "--evidence", "Passport 204", "--by", "Lone"],
        "",
    );
    assert_eq!(desk.json(&["person", "show", "anna"], "")["identity"], "substantial");
    desk.good(&["person", "suspend", "anna"], "");
    assert_eq!(desk.json(&["person", "list"], "")[0]["standing"], "locked");
    assert!(desk.refused(&["person", "suspend", "anna"], "").contains("suspended already"));
    desk.good(&["person", "reactivate", "anna"], "");
    let first = desk.json(&["person", "activation-code", "anna"], "")["activation_code"].as_str().unwrap().to_owned();
    assert_eq!(first.len(), 14);
    assert_ne!(desk.json(&["person", "activation-code", "anna"], "")["activation_code"], first.as_str());
}

#[test]
fn what_is_wrong_is_said_in_words_and_changes_nothing() {
    let desk = Desk::with_anna();
    let add = ["person", "add", "bo", "--given-name", "Bo", "--family-name", "Larsen"];
    assert!(desk.refused(&add, "kort\n").contains("too short"));
    assert!(desk.refused(&add, "").contains("nothing was given"));
    assert!(
        desk.refused(&["person", "add", "anna", "--given-name", "A", "--family-name", "B"], "six blue bicycles\n")
            .contains("the user name is taken")
    );
    let evidence = ["person", "prove", "anna", "--method", "earlier", "--level", "low", "--evidence", "cpr 010180-1234", "--by", "Lone"];
    assert!(desk.refused(&evidence, "").contains("never holds a CPR number"));
    let mitid = ["person", "prove", "anna", "--method", "mitid", "--level", "low", "--evidence", "told by phone", "--by", "Lone"];
    assert!(desk.refused(&mitid, "").contains("never by words about it"));
    assert!(desk.refused(&["person", "show", "nobody"], "").contains("nobody has the user name 'nobody'"));
    assert!(desk.refused(&["relying-party", "show", "https://saml.example"], "").contains("no relying party is registered"));
    assert_eq!(desk.run(&["person", "prove", "anna", "--method", "guess"], "").status.code(), Some(2));
    assert_eq!(desk.json(&["person", "list"], "").as_array().unwrap().len(), 1);
    let error: Value = serde_json::from_slice(&desk.run(&["person", "show", "nobody", "--json"], "").stderr).unwrap();
    assert_eq!(error["error"], "nobody has the user name 'nobody'");
}

#[test]
fn a_cpr_number_and_a_password_leave_no_trace_in_words_or_files() {
    let desk = Desk::with_organisation();
    let arguments = ["person", "add", "anna", "--given-name", "Anna", "--family-name", "Jensen", "--with-cpr"];
    let said = desk.good(&arguments, "six blue bicycles\n010180-1234\n");
    let shown = desk.good(&["person", "show", "anna", "--json"], "") + &desk.good(&["audit", "list", "--json"], "");
    for secret in ["0101801234", "010180-1234", "six blue bicycles"] {
        assert!(!said.contains(secret) && !shown.contains(secret), "{secret} was said");
        for file in ["portvagt.db", "portvagt.db-wal"] {
            let bytes = std::fs::read(desk.path().join(file)).unwrap_or_default();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret} lies in {file}");
        }
    }
}

#[test]
fn totp_secrets_are_shown_once_and_the_code_can_be_computed() {
    let desk = Desk::with_anna();
    let added = desk.json(&["totp", "add", "anna", "--name", "Phone"], "");
    let code = desk.json(&["totp", "code"], added["secret"].as_str().unwrap());
    assert_eq!(code["code"].as_str().unwrap().len(), 6);
    assert!(added["uri"].as_str().unwrap().starts_with("otpauth://totp/"));
    let shown = desk.json(&["person", "show", "anna"], "");
    assert_eq!((shown["authenticators"].as_array().unwrap().len(), &shown["attached"][0]["name"]), (0, &Value::from("Phone")));
    assert!(!shown.to_string().contains(added["secret"].as_str().unwrap()));
    let trail = desk.json(&["audit", "list", "--kind", "authenticator"], "");
    assert_eq!(trail[0]["kind"], "authenticator.attached");
    let actor = trail[0]["actor"].as_str().unwrap();
    assert!(actor.starts_with("operator:") && actor != "operator:tester", "no environment variable says who somebody is: {actor}");
}

#[test]
fn four_eyes_are_not_two_environments() {
    let desk = Desk::with_anna();
    let prove = ["person", "prove", "anna", "--method", "earlier", "--level", "high", "--evidence", "case 12", "--by", "Lone", "--json"];
    let proved = desk.run_as("alice", &prove, "");
    assert!(proved.status.success(), "{}", String::from_utf8_lossy(&proved.stderr));
    let record: Value = serde_json::from_slice(&proved.stdout).unwrap();
    assert_eq!(record["state"], "waiting");
    let approved = desk.run_as("bob", &["person", "approve", record["id"].as_str().unwrap()], "");
    assert_eq!(approved.status.code(), Some(1), "{approved:?}");
    assert!(String::from_utf8_lossy(&approved.stderr).contains("somebody else than the one who proved it"), "{approved:?}");
    assert_eq!(desk.json(&["person", "show", "anna"], "")["identity"], Value::Null);
}

#[test]
fn a_lost_factor_is_removed_and_only_its_owner_s() {
    let desk = Desk::with_anna();
    desk.good(&["person", "add", "bo", "--given-name", "Bo", "--family-name", "Larsen"], "seven green bicycles\n");
    for name in ["Phone", "Tablet"] {
        desk.json(&["totp", "add", "anna", "--name", name], "");
    }
    let factors = || desk.json(&["person", "show", "anna"], "")["attached"].clone();
    let id = factors()[0]["id"].as_str().unwrap().to_owned();
    assert!(desk.refused(&["person", "remove-factor", "bo", &id], "").contains("has no second factor with the id"));
    assert_eq!(factors().as_array().unwrap().len(), 2);
    desk.good(&["person", "remove-factor", "anna", &id], "");
    assert!(factors().as_array().unwrap().iter().all(|factor| factor["id"] != id.as_str()) && factors().as_array().unwrap().len() == 1);
    assert!(desk.refused(&["person", "remove-factor", "anna", &id], "").contains("has no second factor with the id"));
    let trail = desk.json(&["audit", "list", "--kind", "authenticator.removed"], "");
    assert_eq!((trail.as_array().unwrap().len(), &trail[0]["details"]["authenticator"]), (1, &Value::from(id)));
    assert_eq!(trail[0]["words"], Value::Null, "what the details say is not said twice");
}

#[test]
fn an_organisation_s_demands_on_passwords_are_set_and_shown() {
    let desk = Desk::with_anna();
    let policy = |more: &[&'static str]| [&["organisation", "policy", "--cvr", "90000001"], more].concat();
    let shown = desk.json(&policy(&[]), "");
    assert_eq!((&shown["least"], &shown["history"], &shown["breached_list"]), (&Value::from(12), &Value::from(8), &Value::from(false)));
    desk.good(&policy(&["--used-alone", "true", "--context-word", "Rådhuset", "--blocked", "Den blå planet"]), "");
    let add = ["person", "add", "bo", "--given-name", "Bo", "--family-name", "Larsen"];
    assert!(desk.refused(&add, "fjorten tegn??\n").contains("at least 15 characters"));
    assert!(desk.refused(&add, "den blå planet 2\n").contains("nobody may choose"));
    assert!(desk.refused(&["person", "password", "anna"], "six blue bicycles\n").contains("used before"));
    assert!(desk.good(&policy(&["--history", "0"]), "").contains("least length, used alone      15 (from the settings)"));
    desk.good(&["person", "password", "anna"], "six blue bicycles\n");
    assert!(desk.refused(&policy(&["--min-length", "7"]), "").contains("from 8 to 64"));
    let trail = desk.json(&["audit", "list", "--kind", "organisation.saved"], "");
    assert!(trail[0]["details"]["password_rules"].as_str().unwrap().contains("\"history\":0"));
    desk.good(&policy(&["--reset"]), "");
    desk.good(&add, "tolv tegn nok\n");
    assert_eq!(desk.json(&policy(&[]), "")["own"]["used_alone"], Value::Null);
}

#[test]
fn a_registered_service_changes_only_when_that_is_meant() {
    let desk = Desk::new();
    let metadata = concat!(env!("CARGO_MANIFEST_DIR"), "/e2e/fixtures/sp-oiosaml3-net.xml");
    let add = |more: &[&'static str]| [&["relying-party", "add", metadata, "--allow-expired"], more].concat();
    let first = desk.json(&add(&["--name", "Fagsystem", "--least-level", "substantial"]), "");
    let entity_id = first["entity_id"].as_str().unwrap();
    assert!(desk.refused(&add(&["--name", "Another"]), "").contains("is registered already; with --replace its entry is changed"));
    assert_eq!(desk.json(&["relying-party", "show", entity_id], "")["name"], "Fagsystem");
    desk.good(&["relying-party", "disable", entity_id], "");
    let changed = desk.json(&add(&["--replace", "--name", "Another"]), "");
    assert_eq!((&changed["name"], &changed["least_level"]), (&Value::from("Another"), &Value::from("substantial")));
    assert_eq!(changed["enabled"], false, "new metadata serves nobody again");
    let anew = desk.json(&add(&["--anew"]), "");
    assert_eq!((&anew["least_level"], &anew["enabled"]), (&Value::from("low"), &Value::from(false)));
}

#[test]
fn mails_are_listed_without_addresses_and_tried_again() {
    let desk = Desk::with_organisation();
    let person = ["person", "add", "anna", "--given-name", "Anna", "--family-name", "Jensen", "--email", "anna@testkommune.example"];
    desk.good(&person, "six blue bicycles\n");
    assert_eq!(desk.json(&["mail", "list"], ""), serde_json::json!([]));
    desk.good(&["totp", "add", "anna", "--name", "Phone"], "");
    let listed = desk.json(&["mail", "list", "--state", "queued"], "");
    assert_eq!((&listed[0]["notice"], &listed[0]["state"], &listed[0]["tries"]), (&"factor-added".into(), &"queued".into(), &0.into()));
    assert!(!listed.to_string().contains('@') && !desk.good(&["mail", "list"], "").contains('@'));
    assert_eq!(desk.json(&["mail", "list", "--state", "dead"], ""), serde_json::json!([]));
    let id = listed[0]["id"].as_str().unwrap();
    assert_eq!(desk.json(&["mail", "retry", id], "")["queued"][0], id);
    assert_eq!(desk.json(&["mail", "retry", "--dead"], "")["queued"], serde_json::json!([]));
    assert!(desk.refused(&["mail", "retry", "5"], "").contains("no mail's id"));
    assert!(desk.refused(&["mail", "retry", "00000000-0000-4000-8000-000000000000"], "").contains("no mail with the id"));
    let refused = desk.refused(&["mail", "test", "anna@testkommune.example"], "");
    assert!(refused.contains("localhost did not take the mail: connection"), "{refused}");
    assert!(desk.refused(&["mail", "test", "anna"], "").contains("bad_address"));
    let events = desk.good(&["audit", "list"], "");
    assert!(events.contains("mail.tested") && events.contains("mail.retried") && !events.contains("anna@"), "{events}");
}

#[test]
fn a_changed_trail_is_found_and_the_exit_code_says_so() {
    let desk = Desk::with_anna();
    assert_eq!(desk.json(&["audit", "verify"], "")["ok"], true);
    let cut = desk.run(&["audit", "verify", "--anchor", &format!("1:{}", "00".repeat(32))], "");
    assert_eq!(cut.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&cut.stdout).contains("NOT what was written"));
}

#[test]
fn keys_are_listed_and_never_overwritten_and_metadata_names_them() {
    let desk = Desk::new();
    let keys = desk.json(&["keys", "list"], "");
    assert_eq!(keys[0]["subject"], "CN=Portvagt test signing");
    let metadata = desk.good(&["metadata"], "");
    assert!(metadata.contains("entityID=\"https://saml.login.example\"") && metadata.contains("SignatureValue"));
    assert!(metadata.contains("Location=\"https://login.example/saml/sso\""));
    let key = desk.path().join("master.key");
    let before = std::fs::read(&key).unwrap();
    desk.refused(&["keys", "generate", "master-key", "--out", key.to_str().unwrap()], "");
    assert_eq!(std::fs::read(&key).unwrap(), before);
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_demo_s_keys_never_start_a_server_outside_the_demo() {
    let desk = Desk::new();
    let demo = portvagt::config::check::demo_secret("master-key");
    std::fs::write(desk.path().join("master.key"), demo).unwrap();
    assert!(desk.refused(&["serve"], "").contains("only `portvagt demo` starts with it"));
    std::fs::write(desk.path().join("master.key"), "changeme").unwrap();
    assert!(desk.refused(&["serve"], "").contains("an example value that everybody knows"));
}
