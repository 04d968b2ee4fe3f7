//! MitID by two roads. A flow at stage `Identify` puts a question to one of them; the answer counts only in the browser
//! that asked, once, and becomes a `Proved`. Here stands what both roads share. What a `Proved` is good for is decided
//! elsewhere: whose CPR number it is never is this room's question.

/// NemLog-in, as an OIOSAML 3 service provider.
pub mod nemlogin;
/// A private broker, by OpenID Connect.
pub mod broker;

use std::sync::Arc;

use crate::{
    crypto::{canonical::Unwritable, seal::SealError, xmlsign::SignError},
    domain::{
        flow::{Asked, Flow, Identify},
        mitid::{Proved, Road},
    },
    protocol::oidc::farewell::Farewell,
    service::{
        ground::Ground,
        login::{self, Held},
    },
    storage::fault::Fault,
};

/// Why MitID proved nothing.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The flow is over, at another stage, another browser's, or has asked something else meanwhile.
    #[error("no such flow here")]
    Gone,
    /// This road is not set up.
    #[error("the road {0} is not set up")]
    Closed(Road),
    /// The person broke it off.
    #[error("cancelled")]
    Cancelled,
    /// The other side could not let the person in; it says why in its own word.
    #[error("the other side says {0}")]
    Failed(String),
    /// MitID was used at a lower level than asked for.
    #[error("a lower level than asked for")]
    TooLow,
    /// The answer names no CPR number: MitID Erhverv without a CPR number, or a service that may not see it.
    #[error("the answer names no CPR number")]
    NoCpr,
    /// MitID proved somebody else than the person whose flow it is, or somebody whose CPR number we do not know.
    #[error("somebody else's MitID")]
    OtherPerson,
    /// It is the person, but what MitID was wanted for cannot be done for them.
    #[error("not to be done for this person")]
    NotThisWay,
    /// The answer breaks a rule; the word is for the log, nothing of the answer is believed.
    #[error("refused: {0}")]
    Answer(&'static str),
    /// Too many refused answers, or other failures, from this address.
    #[error("must wait {seconds} seconds")]
    Throttled {
        /// How long, at least 1.
        seconds: u64,
    },
    /// The other side cannot be reached.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// The database does not answer.
    #[error(transparent)]
    Storage(#[from] Fault),
    /// Something of ours failed.
    #[error("{0}")]
    Internal(String),
}

impl From<SealError> for Refusal {
    fn from(error: SealError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<SignError> for Refusal {
    fn from(error: SignError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<Unwritable> for Refusal {
    fn from(error: Unwritable) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<login::Refusal> for Refusal {
    fn from(refusal: login::Refusal) -> Self {
        match refusal {
            login::Refusal::Storage(fault) => Self::Storage(fault),
            login::Refusal::Gone => Self::Gone,
            login::Refusal::Throttled { seconds } => Self::Throttled { seconds },
            other => Self::Internal(other.to_string()),
        }
    }
}

/// The roads that are set up.
#[derive(Debug, Clone, Default)]
pub struct Roads {
    /// NemLog-in.
    pub nemlogin: Option<Arc<nemlogin::NemLogin>>,
    /// A private broker.
    pub broker: Option<broker::Broker>,
}

impl Roads {
    /// Which they are, in the order they are offered.
    pub fn open(&self) -> Vec<Road> {
        let nemlogin = self.nemlogin.as_ref().map(|_| Road::Nemlogin);
        [nemlogin, self.broker.as_ref().map(|_| Road::Broker)].into_iter().flatten().collect()
    }

    /// Puts the flow's question to `road`: where the browser is to be sent.
    /// `language` is that of the visitor's pages (`da`, `en`).
    pub async fn begin(&self, ground: &Ground, held: &Held, road: Road, language: &str) -> Result<String, Refusal> {
        match road {
            Road::Nemlogin => self.nemlogin()?.begin(ground, held).await,
            Road::Broker => self.broker()?.begin(ground, held, language).await,
        }
    }

    /// NemLog-in, if it is set up.
    pub fn nemlogin(&self) -> Result<&nemlogin::NemLogin, Refusal> {
        self.nemlogin.as_deref().ok_or(Refusal::Closed(Road::Nemlogin))
    }

    /// The broker, if it is set up.
    pub fn broker(&self) -> Result<&broker::Broker, Refusal> {
        self.broker.as_ref().ok_or(Refusal::Closed(Road::Broker))
    }
}

/// MitID was used in this browser for this flow. The flow still stands at `Identify`: whoever acts on the proof moves or
/// ends it in the same transaction.
#[derive(Debug)]
pub struct Identified {
    /// The flow that asked.
    pub flow: Flow<Identify>,
    /// What was proved.
    pub proved: Proved,
    /// How the browser ends the session that this login made at the other side; it comes back by itself.
    pub farewell: Option<Parting>,
}

/// How a browser ends its session at the other side.
#[derive(Debug)]
pub enum Parting {
    /// By a form.
    Form(Farewell),
    /// By going to an address.
    Address(String),
}

/// The flow, if it stands where MitID is to be used.
pub async fn open(ground: &Ground, held: &Held) -> Result<Flow<Identify>, Refusal> {
    Ok(login::open::<Identify>(ground, held).await?)
}

/// Questions that one flow may put: each costs us a signature or a request.
const QUESTIONS: u32 = 10;

/// The number of the flow's next question, unless it has put as many as it may.
pub fn next_question(flow: &Flow<Identify>) -> Result<u32, Refusal> {
    let number = flow.stage.asked.as_ref().map_or(0, |asked| asked.number) + 1;
    if number > QUESTIONS { Err(Refusal::Gone) } else { Ok(number) }
}

/// Remembers what is asked; an older question of this flow is then never answered.
pub async fn ask(ground: &Ground, flow: &Flow<Identify>, held: &Held, asked: Asked) -> Result<(), Refusal> {
    let stage = Identify { asked: Some(asked), ..flow.stage.clone() };
    Ok(login::save(ground, flow, held, &stage).await?)
}

/// The flow with the question it last put to `road`. To be called with what the *browser* holds: an answer that another
/// browser asked for finds no question here.
pub async fn asked(ground: &Ground, held: &Held, road: Road) -> Result<(Flow<Identify>, Asked), Refusal> {
    let flow = open(ground, held).await?;
    let asked = flow.stage.asked.clone().filter(|asked| asked.road == road).ok_or(Refusal::Gone)?;
    Ok((flow, asked))
}
