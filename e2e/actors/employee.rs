//! An employee: user name, password, perhaps an authenticator app and a passkey. Does what a person does on the pages;
//! where script would act, it does what the script does.

use std::sync::Mutex;

use portvagt::crypto::totp::TotpSecret;
use serde_json::{Value, json};

use super::passkey::{Passkey, Twist};
use crate::{
    house::House,
    visitor::{Page, Visitor},
};

/// A person at work.
#[derive(Debug)]
pub struct Employee {
    /// What they log in with.
    pub username: String,
    /// Their password.
    pub password: String,
    /// The secret of their authenticator app.
    pub totp: Option<TotpSecret>,
    /// Their passkey.
    pub passkey: Option<Passkey>,
    /// The step of the code used last: each lets in once.
    used: Mutex<i64>,
}

/// A piece of a page that script brings to life: where its ceremony begins and ends.
#[derive(Debug, Clone)]
pub struct Part {
    /// Asks for options.
    pub start: String,
    /// Takes the credential.
    pub finish: String,
    /// The flow's id.
    pub flow: String,
    /// The form token.
    pub csrf: String,
}

impl Part {
    /// The passkey part of this page.
    #[track_caller]
    pub fn of(page: &Page) -> Self {
        let at = page.body.find("data-webauthn=").unwrap_or_else(|| panic!("no passkey part: {}", page.describe()));
        let tag = &page.body[at..at + page.body[at..].find('>').expect("a tag's end")];
        let value = |name: &str| {
            let (_, behind) = tag.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("no {name}: {tag}"));
            behind[..behind.find('"').expect("a value's end")].to_owned()
        };
        let absolute = |name: &str| page.url.join(&value(name)).expect("an address").to_string();
        Self { start: absolute("data-start"), finish: absolute("data-finish"), flow: value("data-flow"), csrf: value("data-csrf") }
    }

    /// Begins the ceremony: the options, or whatever came instead.
    pub async fn begin(&self, visitor: &mut Visitor) -> Page {
        visitor.post_json(&self.start, json!({ "flow": self.flow }).to_string(), &[("X-CSRF", &self.csrf)]).await
    }

    /// The options of a ceremony begun.
    pub async fn options(&self, visitor: &mut Visitor) -> Value {
        let page = self.begin(visitor).await;
        assert_eq!(page.status, 200, "{}", page.describe());
        serde_json::from_str(&page.body).expect("options")
    }

    /// Ends the ceremony with this credential.
    pub async fn end(&self, visitor: &mut Visitor, credential: &Value) -> Page {
        let body = json!({ "flow": self.flow, "credential": credential, "name": "My key" });
        visitor.post_json(&self.finish, body.to_string(), &[("X-CSRF", &self.csrf)]).await
    }
}

/// Goes where a ceremony's answer leads, as the script does.
pub async fn go_on(visitor: &mut Visitor, page: Page) -> Page {
    let said: Value = serde_json::from_str(&page.body).unwrap_or_default();
    match said.get("next").and_then(Value::as_str) {
        Some(next) => {
            let next = page.url.join(next).expect("an address");
            let answer = visitor.get(next).await;
            visitor.follow(answer).await
        }
        None => page,
    }
}

impl Employee {
    /// Somebody of that name, with a password nobody else has.
    pub fn named(username: &str) -> Self {
        Self {
            username: username.to_owned(),
            password: format!("seven green kettles of {}", username.chars().rev().collect::<String>()),
            totp: None,
            passkey: None,
            used: Mutex::new(0),
        }
    }

    /// Puts a secret, in base32, into the authenticator app.
    pub fn take_secret(&mut self, base32: &str) {
        self.totp = Some(TotpSecret::from_base32(base32).expect("a secret"));
    }

    /// The code the app shows at that time.
    pub fn code_at(&self, unix_seconds: i64) -> String {
        self.totp.as_ref().expect("an app").code_at(unix_seconds).expect("a code")
    }

    /// A code that was not used yet; waits for the next one, by moving the still clock, where it must.
    pub fn fresh_code(&self, house: &House) -> String {
        let mut used = self.used.lock().expect("the last step");
        if house.now() / 30 <= *used {
            house.advance((*used + 1) * 30 - house.now());
        }
        *used = house.now() / 30;
        self.code_at(house.now())
    }

    /// Sends user name and password and follows.
    pub async fn enter_password(&self, visitor: &mut Visitor, page: &Page) -> Page {
        visitor.submit_form(page, "/login/password", &[("user_name", &self.username), ("password", &self.password)]).await
    }

    /// Chooses their password on the page where a new one is wanted.
    pub async fn choose_password(&self, visitor: &mut Visitor, page: &Page) -> Page {
        visitor.submit_form(page, "/activate/password", &[("password", &self.password), ("again", &self.password)]).await
    }

    /// Sends a wrong password and follows.
    pub async fn mistype(&self, visitor: &mut Visitor, page: &Page) -> Page {
        visitor.submit_form(page, "/login/password", &[("user_name", &self.username), ("password", "not it, not at all")]).await
    }

    /// Sends a code and follows.
    pub async fn enter_code(&self, visitor: &mut Visitor, page: &Page, code: &str) -> Page {
        visitor.submit_form(page, "/login/totp", &[("code", code)]).await
    }

    /// Password and code, from the login page to whatever follows.
    pub async fn log_in(&self, house: &House, visitor: &mut Visitor, page: &Page) -> Page {
        let page = self.enter_password(visitor, page).await;
        assert!(page.find_form("/login/totp").is_some(), "the second factor: {}", page.describe());
        self.enter_code(visitor, &page, &self.fresh_code(house)).await
    }

    /// Logs in to their own page, in a browser without cookies.
    pub async fn at_home(&self, house: &House) -> Visitor {
        let mut visitor = house.visitor();
        self.go_home(house, &mut visitor).await;
        visitor
    }

    /// Logs in to their own page in this browser.
    pub async fn go_home(&self, house: &House, visitor: &mut Visitor) -> Page {
        let page = house.login_page(visitor).await;
        let page = self.log_in(house, visitor, &page).await;
        self.expect_home(&page);
        page
    }

    /// This is their own page.
    #[track_caller]
    pub fn expect_home(&self, page: &Page) {
        assert!(self.is_home(page), "{}'s own page: {}", self.username, page.describe());
    }

    /// Whether this is their own page.
    pub fn is_home(&self, page: &Page) -> bool {
        page.status == 200 && page.url.path().starts_with("/account") && page.body.contains(&format!("Given {} ", self.username))
    }

    /// Logs in with the passkey alone, with a twist.
    pub async fn passkey_login(&mut self, house: &House, visitor: &mut Visitor, page: &Page, twist: &Twist) -> Page {
        let part = Part::of(page);
        let options = part.options(visitor).await;
        let credential = self.passkey.as_mut().expect("a passkey").assert(&options, &house.base, twist);
        let answer = part.end(visitor, &credential).await;
        go_on(visitor, answer).await
    }

    /// Makes a passkey on the enrolment page reached.
    pub async fn make_passkey(&mut self, house: &House, visitor: &mut Visitor, page: &Page) -> Page {
        let part = Part::of(page);
        let options = part.options(visitor).await;
        let (passkey, credential) = Passkey::create(&options, &house.base, &Twist::default());
        self.passkey = Some(passkey);
        let answer = part.end(visitor, &credential).await;
        go_on(visitor, answer).await
    }

    /// Puts the secret shown on the enrolment page into the app, and sends the first code.
    pub async fn enrol_app(&mut self, house: &House, visitor: &mut Visitor, page: &Page) -> Page {
        let (_, behind) = page.body.split_once("<p class=\"secret\">").unwrap_or_else(|| panic!("no secret: {}", page.describe()));
        let groups = behind[..behind.find("</p>").expect("an end")].split("<span>").skip(1);
        let secret: String = groups.map(|group| group.split('<').next().unwrap_or_default()).collect();
        self.take_secret(&secret);
        visitor.submit_form(page, "/login/enrol/totp/confirm", &[("code", &self.fresh_code(house))]).await
    }

    /// Proves the passkey beside a password, or at step-up, with a twist.
    pub async fn prove_key(&mut self, house: &House, visitor: &mut Visitor, page: &Page, twist: &Twist) -> Page {
        self.passkey_login(house, visitor, page, twist).await
    }

    /// Adds a passkey from their own page, logged in with password and code.
    pub async fn add_passkey(&mut self, house: &House) {
        let mut visitor = self.at_home(house).await;
        let page = visitor.open(house.url("/account/passkey")).await;
        let page = self.make_passkey(house, &mut visitor, &page).await;
        assert!(self.is_home(&page), "the passkey is there: {}", page.describe());
    }
}
