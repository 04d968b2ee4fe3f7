//! Changing one's own password: asked for with the old one, after a fresh login with two factors.

use actix_web::{HttpResponse, http::StatusCode, web::Data};

use crate::{
    base::secret::Secret,
    domain::flow::Wanted,
    service::{
        own_password::{self, Outcome, Words},
        passwords,
    },
    web::{
        account::door,
        answer,
        app::App,
        extract::{csrf::CsrfForm, present::SignedIn},
        login,
        page::{
            self,
            account::password::{ChangePassword, NotTaken},
            login::FormError,
        },
        problem::Trouble,
        visit::{self, Visit},
    },
};

/// `GET /account/password`.
pub async fn ask(app: Data<App>, visit: Visit, who: SignedIn) -> Result<HttpResponse, Trouble> {
    match door::fresh(&app, &visit, &who, Wanted::Password).await? {
        Ok(_) => shown(&app, &visit, who, (None, None)).await,
        Err(first) => Ok(first),
    }
}

/// `POST /account/password`.
pub async fn change(app: Data<App>, visit: Visit, who: SignedIn, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    door::own_form(&visit, &form)?;
    let fresh = match door::fresh(&app, &visit, &who, Wanted::Password).await? {
        Ok(fresh) => fresh,
        Err(first) => return Ok(first),
    };
    if form.field("new") != form.field("again") {
        return shown(&app, &visit, who, (None, Some(NotTaken::Repeated))).await;
    }
    let words = Words { old: Secret::new(form.field("old").to_owned()), new: Secret::new(form.field("new").to_owned()) };
    match own_password::change(&app.ground, fresh, &who.present.person, words, &visit.visitor).await {
        Ok(Outcome::Changed(token)) => {
            let mut reply = answer::see("/account?done=password");
            answer::add(&mut reply, visit::keep_session(&token));
            Ok(reply)
        }
        Ok(Outcome::Weak(weak)) => shown(&app, &visit, who, (None, Some(NotTaken::Weak(weak)))).await,
        Ok(Outcome::Same) => shown(&app, &visit, who, (None, Some(NotTaken::Same))).await,
        Err(refusal) => {
            let error = login::form_error(&visit, refusal)?;
            shown(&app, &visit, who, (Some(error), None)).await
        }
    }
}

type Why = (Option<FormError>, Option<NotTaken>);

async fn shown(app: &App, visit: &Visit, who: SignedIn, (error, refused): Why) -> Result<HttpResponse, Trouble> {
    let person = &who.present.person;
    let policy = passwords::policy(&app.ground, person.organisation).await.map_err(|fault| Trouble::storage(visit, &fault))?;
    let user_name = person.username.to_string();
    let page = ChangePassword { frame: who.frame, user_name, least: policy.least(), error, refused };
    Ok(match refused {
        Some(_) => page::answer(StatusCode::UNPROCESSABLE_ENTITY, &page),
        None => answer::shown(&page, error),
    })
}
