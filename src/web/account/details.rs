//! What is kept about oneself: details, language, the terms one accepted.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;

use crate::{
    domain::language::Language,
    service::{own_language, terms},
    web::{
        account::{door, overview::Done},
        answer,
        app::App,
        extract::{csrf::CsrfForm, present::SignedIn},
        page::{
            self,
            account::details::{Accepted, Details, Terms},
        },
        problem::Trouble,
        visit::{self, Visit},
    },
};

/// `GET /account/details`.
pub async fn show(app: Data<App>, visit: Visit, who: SignedIn, query: Query<Done>) -> Result<HttpResponse, Trouble> {
    let person = who.present.person;
    let accepted = terms::accepted(&app.ground, person.id).await.map_err(|fault| Trouble::storage(&visit, &fault))?;
    let page = Details {
        frame: who.frame,
        name: person.full_name(),
        user_name: person.username.to_string(),
        email: person.email,
        accepted: accepted.iter().map(|one| Accepted { version: one.version, at: one.accepted_at }).collect(),
        notice: query.notice(),
    };
    Ok(page::ok(&page))
}

/// `POST /account/language`.
pub async fn choose_language(app: Data<App>, visit: Visit, who: SignedIn, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    door::own_form(&visit, &form)?;
    let Some(language) = Language::from_tag(form.field("language")) else { return Err(door::not_here(&visit, "language")) };
    let chosen = own_language::choose(&app.ground, who.present.person.id, language, &visit.visitor).await;
    chosen.map_err(|fault| Trouble::storage(&visit, &fault))?;
    let mut reply = answer::see("/account/details?done=language");
    answer::add(&mut reply, visit::keep_language(language));
    Ok(reply)
}

/// `?version=`.
#[derive(Debug, Deserialize)]
pub struct Version {
    version: i64,
}

/// `GET /account/terms?version=`: terms the person accepted, to be read again.
pub async fn read_terms(app: Data<App>, visit: Visit, who: SignedIn, query: Query<Version>) -> Result<HttpResponse, Trouble> {
    let broken = |fault| Trouble::storage(&visit, &fault);
    let person = &who.present.person;
    let accepted = terms::accepted(&app.ground, person.id).await.map_err(broken)?;
    let accepted = accepted.into_iter().find(|one| one.version == query.version);
    let texts = terms::list(&app.ground, person.organisation).await.map_err(broken)?;
    let text = texts.into_iter().find(|one| one.version == query.version);
    let (Some(accepted), Some(text)) = (accepted, text) else { return Err(door::not_here(&visit, "terms")) };
    let text = match who.frame.language {
        Language::Da => text.danish,
        Language::En => text.english,
    };
    let paragraphs = text.split("\n\n").map(str::to_owned).collect();
    let accepted = Accepted { version: accepted.version, at: accepted.accepted_at };
    Ok(page::ok(&Terms { frame: who.frame, accepted, paragraphs }))
}
