//! "NemLog-in (simulated)": an OIOSAML 3 identity provider with made-up citizens. It never knows a real person.
//! Next: `web`.

use std::path::Path;

use actix_web::{HttpResponse, http::header, web};
use portvagt::{
    base::random::SystemRandom,
    crypto::{keyring::Keyring, xmlsign::SignError},
    protocol::saml::{
        own_metadata::{self, OwnMetadata},
        response::fresh_id,
    },
};

use crate::{
    keys::{self, NoKey},
    web::Federation,
};

const ENTITY_ID: &str = "https://saml.nemlog-in.example";

/// The room.
pub struct NemLogin {
    keyring: Keyring,
    base_url: String,
}

impl NemLogin {
    /// Reads its key, or makes one.
    pub fn open(data: &Path, base_url: &str) -> Result<Self, NoKey> {
        let active = keys::open(data, "nemlogin", "NemLog-in (simulated)")?;
        Ok(Self { keyring: Keyring { active, published: Vec::new() }, base_url: format!("{base_url}/nemlogin") })
    }

    /// Its metadata, signed.
    pub fn metadata(&self) -> Result<String, SignError> {
        let (sso, slo) = (format!("{}/sso", self.base_url), format!("{}/slo", self.base_url));
        let content = OwnMetadata {
            id: &fresh_id(&SystemRandom),
            entity_id: ENTITY_ID,
            sso: &sso,
            slo: &slo,
            attributes: &[],
            redirect_only: true,
            contact: None,
        };
        own_metadata::write_signed(&content, &self.keyring)
    }
}

/// Its routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/nemlogin/metadata", web::get().to(metadata));
}

async fn metadata(federation: web::Data<Federation>) -> HttpResponse {
    match federation.nemlogin.metadata() {
        Ok(xml) => HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/samlmetadata+xml")).body(xml),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
