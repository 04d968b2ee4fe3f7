//! Out of turn: every address of the login, asked at every stage of a login, opens only what that stage has (security
//! case B09). What is asked out of turn gives nothing and changes nothing.

use portvagt::service::login::{self, Held};
use reqwest::Method;
use serde_json::json;

use crate::{
    access::{Route, routes},
    activation::Invited,
    actors::{Employee, SamlService},
    house::{House, log, on_both},
    visitor::{Page, Visitor},
};

/// A stage of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Start,
    SecondFactor,
    Activation,
    Enrol,
    StepUp,
    Done,
    Invited,
    Recover,
    Identify,
    Accepting,
    NewPassword,
}

const STAGES: [Stage; 11] = [
    Stage::Start,
    Stage::SecondFactor,
    Stage::Activation,
    Stage::Enrol,
    Stage::StepUp,
    Stage::Done,
    Stage::Invited,
    Stage::Recover,
    Stage::Identify,
    Stage::Accepting,
    Stage::NewPassword,
];

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::SecondFactor => "second-factor",
            Self::Activation => "activation",
            Self::Enrol => "enrol",
            Self::StepUp => "step-up",
            Self::Done => "done",
            Self::Invited => "invited",
            Self::Recover => "recover",
            Self::Identify => "identify",
            Self::Accepting => "accepting",
            Self::NewPassword => "new-password",
        }
    }

    /// What may be asked at this stage.
    fn open(self) -> &'static [&'static str] {
        match self {
            Self::Start => {
                &["GET /login", "POST /login/password", "POST /login/restart", "POST /login/passkey/start", "POST /login/passkey/finish"]
            }
            Self::SecondFactor | Self::StepUp => {
                &["GET /login", "POST /login/totp", "POST /login/restart", "POST /login/webauthn/start", "POST /login/webauthn/finish"]
            }
            Self::Activation => &["GET /login", "POST /login/activation", "POST /login/restart"],
            Self::Enrol => &[
                "GET /login",
                "GET /login/enrol",
                "GET /login/enrol/totp",
                "POST /login/enrol/totp",
                "POST /login/enrol/totp/confirm",
                "GET /login/enrol/passkey",
                "POST /login/enrol/passkey/start",
                "POST /login/enrol/passkey/finish",
            ],
            Self::Done => &["GET /login"],
            Self::Invited => &["GET /login", "POST /activate/open"],
            Self::Recover => &["GET /login", "POST /recover"],
            Self::Identify => &["GET /login", "POST /activate/code"],
            Self::Accepting => &["GET /login", "POST /activate/terms"],
            Self::NewPassword => &["GET /login", "POST /activate/password"],
        }
    }
}

/// A login that stands at a stage.
struct Standing {
    who: Employee,
    visitor: Visitor,
    flow: String,
    /// The last page.
    page: Page,
    activation: String,
    service: SamlService,
}

impl Standing {
    async fn at(house: &House, service: &SamlService, stage: Stage) -> Self {
        if matches!(stage, Stage::Invited | Stage::Recover | Stage::Identify | Stage::Accepting | Stage::NewPassword) {
            return Self::without_login(house, service, stage).await;
        }
        let name = format!("at{}", stage.name().replace('-', ""));
        let new = matches!(stage, Stage::Activation | Stage::Enrol);
        let (who, activation) = if new {
            let newcomer = house.newcomer(&name).await;
            (newcomer.employee, newcomer.code)
        } else {
            (house.employee(&name).await, String::new())
        };
        let mut visitor = house.visitor();
        let page = if stage == Stage::StepUp {
            visitor = who.at_home(house).await;
            house.advance(901);
            visitor.open(house.url("/account/passkey")).await
        } else {
            let page = service.send(house, &mut visitor, &service.request(house)).await;
            if stage == Stage::Start { page } else { who.enter_password(&mut visitor, &page).await }
        };
        let page = match stage {
            Stage::Enrol => visitor.submit_form(&page, "/login/activation", &[("code", &activation)]).await,
            Stage::Done => {
                let form = page.form("/login/totp").with("code", &who.fresh_code(house));
                visitor.submit(&page, &form).await
            }
            _ => page,
        };
        let place = page.location().unwrap_or_else(|| page.url.clone());
        let flow = place.query_pairs().find(|(name, _)| name == "flow").expect("a flow").1.into_owned();
        let standing = Self { who, visitor, flow, page, activation, service: service.clone() };
        assert_eq!(standing.stage(house).await.as_deref(), Some(stage.name()), "{}", standing.page.describe());
        standing
    }

    /// Somebody who takes an identity into use, or wants it back.
    async fn without_login(house: &House, service: &SamlService, stage: Stage) -> Self {
        let invited = Invited::new(house, &format!("at{}", stage.name().replace('-', ""))).await;
        let mut visitor = house.visitor();
        let mut page =
            if stage == Stage::Recover { visitor.open(house.url("/recover")).await } else { invited.arrive(house, &mut visitor).await };
        if matches!(stage, Stage::Identify | Stage::Accepting | Stage::NewPassword) {
            page = invited.open(&mut visitor, &page).await;
        }
        if stage == Stage::Accepting {
            house.publish_terms().await;
        }
        if matches!(stage, Stage::Accepting | Stage::NewPassword) {
            page = visitor.submit_form(&page, "/activate/code", &[("code", &house.activation_code(&invited.username).await)]).await;
        }
        if stage == Stage::NewPassword && page.find_form("/activate/terms").is_some() {
            page = visitor.submit_form(&page, "/activate/terms", &[]).await;
        }
        let flow = page.url.query_pairs().find(|(name, _)| name == "flow").expect("a flow").1.into_owned();
        let activation = if stage == Stage::Identify { house.activation_code(&invited.username).await } else { invited.code.clone() };
        let who = Employee::named(&invited.username);
        let standing = Self { who, visitor, flow, page, activation, service: service.clone() };
        assert_eq!(standing.stage(house).await.as_deref(), Some(stage.name()), "{}", standing.page.describe());
        standing
    }

    fn cookie(&self) -> String {
        self.visitor.cookies.value(&format!("__Host-flow-{}", &self.flow[..8])).expect("the flow's cookie").to_owned()
    }

    /// The stage as the house has it.
    async fn stage(&self, house: &House) -> Option<String> {
        let held = Held::of_cookie(self.flow.parse().expect("an id"), &self.cookie()).expect("a flow");
        login::stage_of(&house.app.ground, &held).await.expect("the database")
    }

    /// Asks a route with everything right that could be right.
    async fn ask(&self, house: &House, route: &Route) -> (Visitor, Page) {
        let mut visitor = self.visitor.clone();
        let csrf = house.form_token(&self.cookie());
        let url = house.url(&route.place());
        let page = if route.method == Method::GET {
            visitor.open(format!("{url}?flow={}", self.flow)).await
        } else if route.takes_json() {
            let body = json!({ "flow": self.flow, "credential": {}, "name": "x" });
            visitor.post_json(url, body.to_string(), &[("X-CSRF", &csrf)]).await
        } else {
            let code = if self.activation.is_empty() { self.who.code_at(house.now()) } else { self.activation.clone() };
            let fields = [
                ("flow", self.flow.as_str()),
                ("csrf", &csrf),
                ("user_name", &self.who.username),
                ("password", &self.who.password),
                ("code", &code),
            ];
            let page = visitor.post_form(url, &fields).await;
            visitor.follow(page).await
        };
        (visitor, page)
    }
}

/// The addresses of the login itself.
fn login_routes() -> Vec<Route> {
    // Looking shows whatever stage it is at, and beginning anew is free to everybody.
    let free = |route: &Route| route.method == Method::GET && ["/activate", "/recover"].contains(&route.path.as_str());
    let own = ["/login", "/activate", "/recover"];
    routes().into_iter().filter(|route| own.iter().any(|path| route.path.starts_with(path)) && !free(route)).collect()
}

#[tokio::test]
async fn what_is_asked_out_of_turn_gives_nothing() {
    on_both(|house| async move {
        let service = SamlService::at(&house, "service").await;
        for stage in STAGES {
            let standing = Standing::at(&house, &service, stage).await;
            let session = standing.visitor.cookies.value("__Host-session").map(str::to_owned);
            let mut tried = 0;
            for route in login_routes() {
                let name = format!("{} {}", route.method, route.path);
                if stage.open().contains(&name.as_str()) {
                    continue;
                }
                tried += 1;
                let (visitor, page) = standing.ask(&house, &route).await;
                assert_eq!(page.status, 400, "{name} at {stage:?}: {}", page.describe());
                assert!(page.saml_form().is_none(), "{name} at {stage:?}");
                assert_eq!(visitor.cookies.value("__Host-session").map(str::to_owned), session, "{name} at {stage:?}");
                log::expect_one(&incident(&page), "flow.violation", "stage");
                assert_eq!(standing.stage(&house).await.as_deref(), Some(stage.name()), "{name} moved it from {stage:?}");
            }
            assert!(tried >= 8, "{tried} at {stage:?}");
            finish(&house, standing, stage).await;
        }
    })
    .await;
}

/// The control: after all that, the login goes on to its end.
async fn finish(house: &House, mut standing: Standing, stage: Stage) {
    let (visitor, page) = (&mut standing.visitor, standing.page.clone());
    let end = match stage {
        Stage::Start => standing.who.log_in(house, visitor, &page).await,
        Stage::SecondFactor => standing.who.enter_code(visitor, &page, &standing.who.fresh_code(house)).await,
        Stage::Activation => {
            let page = visitor.submit_form(&page, "/login/activation", &[("code", &standing.activation)]).await;
            let page = visitor.submit_form(&page, "/login/enrol/totp", &[]).await;
            standing.who.enrol_app(house, visitor, &page).await
        }
        Stage::Enrol => {
            let page = visitor.submit_form(&page, "/login/enrol/totp", &[]).await;
            standing.who.enrol_app(house, visitor, &page).await
        }
        Stage::StepUp => {
            let page = standing.who.enter_code(visitor, &page, &standing.who.fresh_code(house)).await;
            return standing.who.expect_home(&page);
        }
        Stage::Done => visitor.follow(page).await,
        Stage::Invited | Stage::Recover | Stage::Identify | Stage::Accepting | Stage::NewPassword => {
            return finish_activation(house, standing, stage).await;
        }
    };
    assert_eq!(standing.service.read(house, &end).assertion().level(), "Substantial");
}

/// The same for an activation: from where it stands to the person's own page. A recovery goes on to its next page.
async fn finish_activation(house: &House, mut standing: Standing, stage: Stage) {
    let (visitor, mut page) = (&mut standing.visitor, standing.page.clone());
    let name = standing.who.username.clone();
    if stage == Stage::Recover {
        let page = visitor.submit_form(&page, "/recover", &[("user_name", &name), ("why", "password")]).await;
        assert!(page.find_form("/activate/code").is_some(), "{}", page.describe());
        return;
    }
    if stage == Stage::Invited {
        page = visitor.submit_form(&page, "/activate/open", &[("user_name", &name), ("code", &standing.activation)]).await;
    }
    if matches!(stage, Stage::Invited | Stage::Identify) {
        page = visitor.submit_form(&page, "/activate/code", &[("code", &house.activation_code(&name).await)]).await;
    }
    if page.find_form("/activate/terms").is_some() {
        page = visitor.submit_form(&page, "/activate/terms", &[]).await;
    }
    let page = standing.who.choose_password(visitor, &page).await;
    let page = visitor.submit_form(&page, "/login/enrol/totp", &[]).await;
    let page = standing.who.enrol_app(house, visitor, &page).await;
    standing.who.expect_home(&page);
}

/// The incident code on a problem page or in a problem document.
#[track_caller]
pub fn incident(page: &Page) -> String {
    let known = page.body.split(['<', '>', '"']).find(|piece| {
        let bytes = piece.as_bytes();
        bytes.len() == 9 && bytes[4] == b'-' && bytes.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || *byte == b'-')
    });
    known.unwrap_or_else(|| panic!("no incident code: {}", page.describe())).to_owned()
}

#[tokio::test]
async fn one_flow_s_cookie_opens_no_other() {
    on_both(|house| async move {
        let service = SamlService::at(&house, "service").await;
        let (early, late) = (Standing::at(&house, &service, Stage::Start).await, Standing::at(&house, &service, Stage::SecondFactor).await);
        let url = house.url("/").parse().expect("an address");
        let mut visitor = early.visitor.clone();
        visitor.cookies.set(&url, &format!("__Host-flow-{}", &late.flow[..8]), &early.cookie());
        let page = visitor.open(house.url(&format!("/login?flow={}", late.flow))).await;
        assert_eq!(page.status, 400, "{}", page.describe());
        let csrf = house.form_token(&early.cookie());
        let code = late.who.code_at(house.now());
        let page = visitor.post_form(house.url("/login/totp"), &[("flow", &late.flow), ("csrf", &csrf), ("code", &code)]).await;
        assert_eq!(page.status, 400, "{}", page.describe());
        finish(&house, late, Stage::SecondFactor).await;
    })
    .await;
}

#[tokio::test]
async fn going_back_and_sending_again_is_refused() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut visitor = house.visitor();
        let first = house.login_page(&mut visitor).await;
        let second = anna.enter_password(&mut visitor, &first).await;
        let again = anna.enter_password(&mut visitor, &first).await;
        assert!(matches!(again.status, 400 | 403), "{}", again.describe());
        let page = anna.enter_code(&mut visitor, &second, &anna.fresh_code(&house)).await;
        anna.expect_home(&page);
        let again = anna.enter_code(&mut visitor, &second, &anna.fresh_code(&house)).await;
        assert!(matches!(again.status, 400 | 403), "{}", again.describe());
        assert_eq!(house.events("login.succeeded").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn somebody_else_begins_at_the_first_step() {
    on_both(|house| async move {
        let (anna, bo) = (house.employee("anna").await, house.employee("bo").await);
        let service = SamlService::at(&house, "service").await;
        let mut visitor = house.visitor();
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        let at_factor = anna.enter_password(&mut visitor, &page).await;
        let page = visitor.submit_form(&at_factor, "/login/restart", &[]).await;
        assert!(page.find_form("/login/password").is_some(), "{}", page.describe());
        let old = anna.enter_code(&mut visitor, &at_factor, &anna.code_at(house.now())).await;
        assert_eq!(old.status, 400, "{}", old.describe());
        let page = bo.log_in(&house, &mut visitor, &page).await;
        service.read(&house, &page).assertion();
        assert_eq!(house.new_events("login.succeeded").await[0].subject, Some(house.person("bo").await.id.to_string()));
    })
    .await;
}

/// Beginning again and again keeps no request waiting longer than its login may take.
#[tokio::test]
async fn beginning_again_gains_no_time() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut visitor = house.visitor();
        let mut page = house.login_page(&mut visitor).await;
        for _ in 0..2 {
            house.advance(400);
            let at_factor = anna.enter_password(&mut visitor, &page).await;
            page = visitor.submit_form(&at_factor, "/login/restart", &[]).await;
            assert!(page.find_form("/login/password").is_some(), "{}", page.describe());
        }
        let late = visitor.clone();
        house.advance(99);
        anna.enter_password(&mut visitor, &page).await.form("/login/totp");
        house.advance(1);
        let gone = anna.enter_password(&mut late.clone(), &page).await;
        assert_eq!(gone.status, 400, "{}", gone.describe());
    })
    .await;
}

#[tokio::test]
async fn two_tabs_for_two_services_keep_apart() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let (low, high) = (SamlService::at(&house, "low").await, SamlService::at(&house, "high").await);
        let mut visitor = house.visitor();
        let first = low.send(&house, &mut visitor, &low.request(&house).level("Low")).await;
        let wanted = high.request(&house).level("High");
        let second = high.send(&house, &mut visitor, &wanted).await;
        let page = anna.log_in(&house, &mut visitor, &first).await;
        assert_eq!(low.read(&house, &page).assertion().level(), "Substantial", "what was proved, not what was asked for");

        // The second tab is loaded again: the session answers, and never above what was proved.
        let page = visitor.open(&second.url).await;
        let answer = high.read(&house, &page);
        assert_eq!(answer.code(), "NoAuthnContext");
        assert_eq!(answer.in_response_to, wanted.id);
    })
    .await;
}
