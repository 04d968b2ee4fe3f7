//! Logins of which nothing is known yet. Only the browser has them, as a cookie with our proof: looking at a login page costs
//! no write, so that nobody fills the database by looking (decision 5). The row comes with the first thing to keep, once.
//!
//! What is proved is the stage it begins at, the id, the token and the end; there is nothing else.

use jiff::Timestamp;

use crate::{
    base::{
        clock::{from_millis, plus},
        id::Id,
    },
    crypto::{seal::SealError, token::Token},
    domain::flow::{Flow, Purpose, Stage},
    service::{ground::Ground, login::Held},
    storage::{fault::Fault, flows},
};

/// A flow as its browser knows it that stands in no row: the stage and the end, with the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsaved {
    stage: String,
    ends: i64,
    proof: String,
}

impl Unsaved {
    /// Reads what stands behind the token in a cookie: `stage.end.proof`.
    pub fn from_text(text: &str) -> Option<Self> {
        let (stage, rest) = text.split_once('.')?;
        let (ends, proof) = rest.split_once('.')?;
        Some(Self { stage: stage.to_owned(), ends: ends.parse().ok()?, proof: proof.to_owned() })
    }

    /// What stands behind the token in the cookie.
    pub fn to_text(&self) -> String {
        format!("{}.{}.{}", self.stage, self.ends, self.proof)
    }
}

/// A flow that begins at stage `S`, where nothing is known, for the person's own pages. Nothing is written.
pub fn begin<S: Stage>(ground: &Ground) -> Result<Held, SealError> {
    let random = ground.random.as_ref();
    let (id, token) = (Id::random(random), Token::random(random));
    let ends = plus(ground.clock.now(), ground.rules.session.flow_seconds).as_millisecond();
    let proof = ground.seals.flow.mac_text(&[id.uuid().as_bytes(), token.hash().as_bytes(), S::NAME.as_bytes(), &ends.to_be_bytes()])?;
    Ok(Held { id, token, unsaved: Some(Unsaved { stage: S::NAME.to_owned(), ends, proof }) })
}

/// The stage and the end, where the browser's proof is ours and in time.
fn proved<'h>(ground: &Ground, held: &'h Held) -> Option<(&'h str, Timestamp)> {
    let unsaved = held.unsaved.as_ref()?;
    let ends = from_millis(unsaved.ends);
    let (id, token, ends_at) = (held.id.uuid(), held.token.hash(), unsaved.ends.to_be_bytes());
    let parts: [&[u8]; 4] = [id.as_bytes(), token.as_bytes(), unsaved.stage.as_bytes(), &ends_at];
    let is_ours = ground.seals.flow.verify_text(&parts, &unsaved.proof);
    (is_ours && ground.clock.now() < ends).then_some((unsaved.stage.as_str(), ends))
}

/// The stage of a flow that stands in no row.
pub async fn stage<'h>(ground: &Ground, held: &'h Held) -> Result<Option<&'h str>, Fault> {
    let Some((stage, _)) = proved(ground, held) else { return Ok(None) };
    Ok(if flows::exists(&ground.db, held.id, ground.clock.now()).await? { None } else { Some(stage) })
}

/// The flow at stage `S`, where it stands in no row: nothing is known of it.
pub async fn open<S: Stage>(ground: &Ground, held: &Held) -> Result<Option<Flow<S>>, Fault> {
    let Some((stage, expires_at)) = proved(ground, held) else { return Ok(None) };
    if stage != S::NAME || flows::exists(&ground.db, held.id, ground.clock.now()).await? {
        return Ok(None);
    }
    // Of a stage where something is known there is no empty one.
    let Ok(stage) = serde_json::from_str("{}") else { return Ok(None) };
    Ok(Some(Flow { id: held.id, purpose: Purpose::Account, stage, expires_at }))
}
