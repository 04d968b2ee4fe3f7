//! The first page, and why one is logged in at this level.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;

use crate::{
    domain::{
        assurance::Level,
        authenticator::still_carried,
        explanation::Part,
        factor,
        flow::Wanted,
        proofing::Proofing,
        right::{self, Act},
        role::Role,
    },
    service::{self, activity, explanation, proofing, raising, roles, sessions},
    storage::{authenticators, credentials, organisations},
    web::{
        account::door,
        answer,
        app::App,
        extract::{csrf::CsrfForm, present::SignedIn},
        page::{
            self,
            account::{
                Notice,
                level::{Ground, Input, WhyThisLevel},
                overview::Overview,
            },
        },
        problem::Trouble,
        visit::Visit,
    },
};

/// `?done=`.
#[derive(Debug, Deserialize)]
pub struct Done {
    done: Option<String>,
}

impl Done {
    /// What has just been done, if the address says so.
    pub fn notice(&self) -> Option<Notice> {
        self.done.as_deref().and_then(Notice::from_word)
    }
}

/// `GET /account`.
pub async fn overview(app: Data<App>, visit: Visit, who: SignedIn, query: Query<Done>) -> Result<HttpResponse, Trouble> {
    let broken = |fault| Trouble::storage(&visit, &fault);
    let (db, person) = (&app.ground.db, &who.present.person);
    let (level, _) = judged(&app, &visit, &who).await?;
    let grants = roles::of(&app.ground, person.id).await.map_err(broken)?;
    let page = Overview {
        name: person.full_name(),
        user_name: person.username.to_string(),
        level,
        authenticators: authenticators::of_person(db, person.id).await.map_err(broken)?.len(),
        logins: sessions::list(&app.ground, person.id).await.map_err(broken)?.len(),
        password_set: credentials::password(db, person.id).await.map_err(broken)?.map(|stored| stored.set_at),
        mitid: !app.mitid.open().is_empty(),
        desk: grants.iter().any(|grant| grant.role == Role::Registrant),
        console: grants.iter().any(|grant| right::Enter::ROLES.contains(&grant.role)),
        notice: query.notice(),
        frame: who.frame,
    };
    Ok(page::ok(&page))
}

/// `GET /account/level`.
pub async fn why(app: Data<App>, visit: Visit, who: SignedIn) -> Result<HttpResponse, Trouble> {
    let (level, inputs) = judged(&app, &visit, &who).await?;
    Ok(page::ok(&WhyThisLevel { frame: who.frame, level, inputs, mitid: !app.mitid.open().is_empty() }))
}

/// `POST /account/mitid`: to MitID, to raise the level of the identity.
pub async fn begin_mitid(app: Data<App>, visit: Visit, who: SignedIn, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    door::own_form(&visit, &form)?;
    if let Err(first) = door::fresh(&app, &visit, &who, Wanted::Overview).await? {
        return Ok(first);
    }
    let held = raising::begin(&app.ground, &who.present.session).await.map_err(|fault| Trouble::storage(&visit, &fault))?;
    Ok(answer::at_flow(&app, &visit, &held))
}

async fn judged(app: &App, visit: &Visit, who: &SignedIn) -> Result<(Option<Level>, Vec<Input>), Trouble> {
    let broken = |fault| Trouble::storage(visit, &fault);
    let (ground, present) = (&app.ground, &who.present);
    let Some(explained) = explanation::of(ground, present).await.map_err(broken)? else { return Ok((None, Vec::new())) };
    let records = proofing::records(ground, &present.person).await.map_err(broken)?;
    let organisation = organisations::by_id(&ground.db, present.person.organisation).await.map_err(broken)?;
    let grounds = |part| match part {
        Part::Access | Part::Freshness => Vec::new(),
        Part::Proofing => {
            let by = |record: &Proofing| activity::who(present.person.id, &record.recorded_by);
            let ground = |(record, counts): &(Proofing, _)| Ground::Proofing {
                method: record.method,
                at: record.proved_at,
                by: by(record),
                counts: *counts,
            };
            records.iter().map(ground).collect()
        }
        Part::Authenticators => present.session.evidence.uses().iter().map(|one| used(ground, one)).collect(),
        Part::Organisation => organisation.iter().map(|one| Ground::Organisation(one.name.clone())).collect(),
    };
    let inputs = explained.inputs.into_iter().map(|judged| Input { judged, grounds: grounds(judged.part) }).collect();
    Ok((explained.level, inputs))
}

/// A password carries nothing alone, so its level would only mislead.
fn used(ground: &service::ground::Ground, used: &factor::Use) -> Ground {
    let carries = (used.kind != factor::Kind::Password).then(|| still_carried(&ground.rules.authenticators, used));
    Ground::Use { kind: used.kind, at: used.at, carries }
}
