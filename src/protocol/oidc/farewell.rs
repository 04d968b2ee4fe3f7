//! Logging out at the broker (RP-Initiated Logout 1.0) once it has told what we asked: on a shared computer the next
//! person must not find the last one's session there.

use openidconnect::{ClientId, CsrfToken, LogoutRequest, PostLogoutRedirectUrl, TokenResponse};
use url::Url;

use crate::protocol::oidc::{exchange::Tokens, party::Party, provider::Provider};

/// Where the browser goes to log out and come back with `state`; `None` when the broker has no such place.
pub fn address(party: &Party, provider: &Provider, tokens: &Tokens, state: &str) -> Option<Url> {
    let place = provider.end_session()?.clone();
    let back = PostLogoutRedirectUrl::new(party.logged_out_uri.clone()).ok()?;
    let request = LogoutRequest::from(place)
        .set_client_id(ClientId::new(party.client_id.clone()))
        .set_post_logout_redirect_uri(back)
        .set_state(CsrfToken::new(state.to_owned()));
    Some(request.set_id_token_hint(tokens.id_token()?).http_get_url())
}
