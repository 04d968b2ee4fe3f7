//! Debian's service providers in front of the real application, on both engines: they send the requests, they judge the
//! answers. Their cases stand in `real_sp::cases`; here is who answers them. They use the machine's clock.

use portvagt::{domain::client::Terms, service::saml::own_metadata};

use crate::{
    actors::Employee,
    house::{Engine, House, Plan},
    real_sp::{
        IdentityProvider, Step,
        cases::{self, Software},
    },
    visitor::{Page, Visitor},
};

/// The house with the one employee who uses its services.
struct Provider {
    house: House,
    anna: Employee,
}

impl IdentityProvider for Provider {
    fn entity_id(&self) -> String {
        self.house.app.desk.own.entity_id.clone()
    }

    fn metadata_xml(&self) -> String {
        own_metadata(&self.house.app.desk, &self.house.app.ground, false, false).expect("metadata")
    }

    fn register<'a>(&'a self, sp_metadata: &'a str) -> Step<'a, ()> {
        Box::pin(async move {
            // What these can open is what their metadata lists; an operator allows it by the entry.
            let terms = Terms { legacy_encryption: true, ..Terms::default() };
            self.house.register_on(sp_metadata, terms).await;
        })
    }

    fn log_in<'a>(&'a self, visitor: &'a mut Visitor, page: Page) -> Step<'a, Page> {
        Box::pin(async move {
            let page = self.anna.enter_password(visitor, &page).await;
            self.anna.enter_code(visitor, &page, &self.anna.code_at(self.house.now())).await
        })
    }

    fn is_login_page(&self, page: &Page) -> bool {
        page.url.as_str().starts_with(&self.house.base) && page.find_form("/login/password").is_some()
    }
}

async fn provider(engine: Engine) -> Provider {
    let house = House::build(engine, Plan { real_time: true, ..Plan::default() }).await;
    let anna = house.employee("anna").await;
    Provider { house, anna }
}

/// One test for each case and engine, named so.
macro_rules! cases {
    ($($name:ident: $case:expr;)+) => {
        mod sqlite {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                let provider = provider(Engine::Sqlite).await;
                let case: for<'a> fn(&'a Provider) -> Step<'a, ()> = $case;
                case(&provider).await;
                provider.house.close().await;
            })+
        }
        mod postgres {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                let provider = provider(Engine::Postgres).await;
                let case: for<'a> fn(&'a Provider) -> Step<'a, ()> = $case;
                case(&provider).await;
                provider.house.close().await;
            })+
        }
    };
}

cases! {
    mellon_round_trip: |idp| Box::pin(cases::round_trip(idp, Software::Mellon));
    mellon_posts_its_request: |idp| Box::pin(cases::posted_request(idp, Software::Mellon));
    mellon_asks_for_substantial: |idp| Box::pin(cases::level_asked(idp, Software::Mellon, "Substantial"));
    mellon_opens_every_encryption: |idp| Box::pin(cases::every_encryption(idp, Software::Mellon));
    mellon_logs_out: |idp| Box::pin(cases::logout(idp, Software::Mellon));
    mellon_refuses_what_was_tampered_with: |idp| Box::pin(cases::tampered(idp, Software::Mellon));
    mellon_refuses_what_was_used: |idp| Box::pin(cases::replayed(idp, Software::Mellon));
    shibboleth_round_trip: |idp| Box::pin(cases::round_trip(idp, Software::Shibboleth));
    shibboleth_posts_its_request: |idp| Box::pin(cases::posted_request(idp, Software::Shibboleth));
    shibboleth_asks_for_substantial: |idp| Box::pin(cases::level_asked(idp, Software::Shibboleth, "Substantial"));
    shibboleth_opens_every_encryption: |idp| Box::pin(cases::every_encryption(idp, Software::Shibboleth));
    shibboleth_logs_out: |idp| Box::pin(cases::logout(idp, Software::Shibboleth));
    shibboleth_refuses_what_was_tampered_with: |idp| Box::pin(cases::tampered(idp, Software::Shibboleth));
    shibboleth_refuses_what_was_used: |idp| Box::pin(cases::replayed(idp, Software::Shibboleth));
    mellon_logs_shibboleth_out: |idp| Box::pin(cases::logout_at_both(idp, Software::Mellon, Software::Shibboleth));
    shibboleth_logs_mellon_out: |idp| Box::pin(cases::logout_at_both(idp, Software::Shibboleth, Software::Mellon));
    the_second_service_asks_for_nothing: |idp| Box::pin(cases::second_sign_on(idp));
}
