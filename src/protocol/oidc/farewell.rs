//! Logging out at the broker (RP-Initiated Logout 1.0) once it has told what we asked: on a shared computer the next
//! person must not find the last one's session there. The browser posts a form: the ID token that goes with it may hold
//! a CPR number, which has no place in an address (docs/decisions/0029).

use openidconnect::{ClientId, CsrfToken, LogoutRequest, PostLogoutRedirectUrl, TokenResponse};

use crate::protocol::oidc::{client::Tokens, party::Party, provider::Provider};

/// The form that logs out.
#[derive(Clone, PartialEq, Eq)]
pub struct Farewell {
    /// Where it is posted.
    pub action: String,
    /// Its fields.
    pub fields: Vec<(String, String)>,
}

impl std::fmt::Debug for Farewell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Farewell").field("action", &self.action).finish_non_exhaustive()
    }
}

/// The form that logs out and comes back with `state`; `None` when the broker has no such place.
pub fn form(party: &Party, provider: &Provider, tokens: &Tokens, state: &str) -> Option<Farewell> {
    let place = provider.end_session()?;
    let back = PostLogoutRedirectUrl::new(party.logged_out_uri.clone()).ok()?;
    let request = LogoutRequest::from(place.clone())
        .set_client_id(ClientId::new(party.client_id.clone()))
        .set_post_logout_redirect_uri(back)
        .set_state(CsrfToken::new(state.to_owned()))
        .set_id_token_hint(tokens.id_token()?)
        .http_get_url();
    let own = place.url().query_pairs().count();
    let fields = request.query_pairs().skip(own).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    Some(Farewell { action: place.url().to_string(), fields })
}
