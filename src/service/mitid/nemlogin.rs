//! NemLog-in as the road to MitID. The question goes by redirect; the answer comes by a form from another site, without our
//! cookies, is judged at once and waits, sealed, for the browser that both asked and brought it: the cookie and the handle
//! together. So neither can a stranger's browser use it, nor the asker's without the person who used MitID.
//! The path goes on in `protocol::saml::sp` and `storage::mitid`.

/// Logging out there.
pub mod farewell;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    base::{id::Id, random::Random},
    crypto::{
        keyring::{DecryptionKey, SigningKey},
        reason::Reason,
        token::Token,
    },
    domain::{
        assurance::Level,
        audit::{Actor, Event, Kind},
        flow::{AnyFlow, Asked},
        mitid::{Proved, Road, Said},
    },
    protocol::saml::{
        sp::{
            answer::{self, Declined, Verdict},
            idp_metadata::IdentityProvider,
            own_metadata::{self, SpMetadata},
            question::{self, Profile, Question},
            testimony::{self, Expected, Testimony},
        },
        subject::{NameId, fresh_id},
        wire,
    },
    service::{
        ground::{Ground, Visitor},
        login::{self, Held},
        mitid::{self, Identified, Parting, Refusal},
        published::Published,
        trail::Replay,
    },
    storage::{audit, mitid as questions},
};

/// What we are to NemLog-in, and it to us.
#[derive(Debug)]
pub struct NemLogin {
    /// Its metadata.
    pub provider: IdentityProvider,
    /// Ourselves.
    pub own: Own,
    /// What is asked for.
    pub terms: Terms,
    published: Published,
}

/// Ourselves as a service provider: names, addresses and keys.
#[derive(Debug, Clone)]
pub struct Own {
    /// Our entity ID as NemLog-in knows it.
    pub entity_id: String,
    /// Where answers are posted.
    pub acs: String,
    /// Where logout messages go, by HTTP-Redirect.
    pub slo: String,
    /// The service's name in our metadata.
    pub service: String,
    /// Signs our questions.
    pub signing: SigningKey,
    /// Opens the answers.
    pub decryption: DecryptionKey,
}

/// What is asked for, and what is put up with.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// The least level, whatever a flow would be content with.
    pub least: Level,
    /// Whose identity.
    pub profile: Profile,
    /// Whether AES-CBC is opened, which has no integrity of its own.
    pub allow_cbc: bool,
    /// How far clocks may differ, in seconds.
    pub skew: i64,
}

/// An answer that holds waits for its browser.
#[derive(Debug)]
pub struct Arrived {
    /// The flow that asked.
    pub flow: Id<AnyFlow>,
    /// What the browser that brought it fetches it with.
    pub handle: Token,
}

/// What waits, sealed. The CPR number is in it: nothing of this is ever logged.
#[derive(Serialize, Deserialize)]
enum Kept {
    Sworn(Box<Sworn>),
    Declined(Declined),
    TooLow,
    NoCpr,
}

#[derive(Serialize, Deserialize)]
struct Sworn {
    cpr: Zeroizing<String>,
    level: Level,
    name: Option<String>,
    reference: String,
    at: Timestamp,
    name_id: NameId,
    session_index: String,
}

impl Own {
    /// Our metadata, what NemLog-in is told of us; signed with a signature of our own on it.
    pub fn metadata(&self, random: &dyn Random, signed: bool) -> Result<String, Refusal> {
        let content = SpMetadata {
            id: &fresh_id(random),
            entity_id: &self.entity_id,
            acs: &self.acs,
            slo: Some(&self.slo),
            signing: &[self.signing.certificate()],
            encryption: &[self.decryption.certificate()],
            service: &self.service,
            requested: &testimony::REQUESTED,
        };
        let written = match signed {
            true => own_metadata::write_signed(&content, &self.signing).map_err(|error| error.to_string()),
            false => own_metadata::write(&content).map_err(|error| error.to_string()),
        };
        written.map_err(Refusal::Internal)
    }
}

impl NemLogin {
    /// NemLog-in by its metadata, ourselves, and what is asked for.
    pub fn new(provider: IdentityProvider, own: Own, terms: Terms) -> Self {
        Self { provider, own, terms, published: Published::default() }
    }

    /// Our metadata; the signed one is some minutes old at most.
    pub fn metadata(&self, ground: &Ground, signed: bool) -> Result<String, Refusal> {
        let write = || self.own.metadata(ground.random.as_ref(), signed);
        if signed { self.published.at(ground.clock.now(), write) } else { write() }
    }

    /// Puts the flow's question: the address of NemLog-in with our signed request.
    pub async fn begin(&self, ground: &Ground, held: &Held) -> Result<String, Refusal> {
        let flow = mitid::open(ground, held).await?;
        let number = mitid::next_question(&flow)?;
        let now = ground.clock.now();
        let id = fresh_id(ground.random.as_ref());
        let least = flow.stage.least.max(self.terms.least);
        let asked = Question {
            id: &id,
            issuer: &self.own.entity_id,
            destination: &self.provider.sso,
            acs: &self.own.acs,
            issued_at: now,
            least,
            profile: self.terms.profile,
        };
        let url = question::url(&asked, &flow.id.to_string(), &self.own.signing).map_err(|error| Refusal::Internal(error.to_string()))?;
        let kept = questions::Question { request: id.clone(), flow: flow.id, least, asked_at: now, expires_at: flow.expires_at };
        let mut tx = ground.db.begin().await?;
        questions::ask(&mut tx, &kept).await?;
        tx.commit_routine().await?;
        mitid::ask(ground, &flow, held, Asked { road: Road::Nemlogin, request: id, secrets: None, at: now, number }).await?;
        Ok(url)
    }

    /// Takes the posted answer in and judges it. Whoever posts it gets the handle, and nothing else.
    pub async fn receive(&self, ground: &Ground, body: &[u8], visitor: &Visitor) -> Result<Arrived, Refusal> {
        // Whoever has an open question of their own can post answers to it as fast as they like: refused ones are failures of
        // their place, like wrong passwords.
        login::gate_place(ground, visitor).await?;
        let now = ground.clock.now();
        let posted = wire::response_from_form(body).map_err(refused)?;
        let relay_state = posted.relay_state.clone();
        let answer = answer::read(posted).map_err(refused)?;
        // A question that was never put, or has its answer, costs no cryptography.
        let question = questions::unanswered(&ground.db, answer.in_response_to(), now).await?;
        let question = question.ok_or(refused(Reason::InResponseTo))?;
        let judged = match relay_state {
            Some(state) if state == question.flow.to_string() => {
                answer.judge(&self.expected(&question, now), std::slice::from_ref(&self.own.decryption), self.terms.allow_cbc)
            }
            _ => Err(Reason::RelayState),
        };
        match judged {
            Ok(verdict) => self.keep(ground, &question, verdict, visitor).await,
            Err(reason) => {
                login::count_place(ground, visitor).await?;
                // What nobody signed, or did not come back with its own relay state, was not said by NemLog-in: no event.
                if !matches!(reason, Reason::RelayState | Reason::Unsigned | Reason::NotEncrypted) {
                    let event = self.event(ground, Kind::MitidRefused, visitor).with("reason", reason);
                    ground.db.begin().await?.commit(event.with("request_id", &question.request)).await?;
                }
                Err(refused(reason))
            }
        }
    }

    fn expected<'a>(&'a self, question: &'a questions::Question, now: Timestamp) -> Expected<'a> {
        Expected {
            provider: &self.provider,
            audience: &self.own.entity_id,
            acs: &self.own.acs,
            request: &question.request,
            asked_at: question.asked_at,
            profile: self.terms.profile,
            now,
            skew: self.terms.skew,
        }
    }

    /// Keeps what the answer came to: once for each question, and once for each assertion whatever question it names.
    async fn keep(&self, ground: &Ground, question: &questions::Question, verdict: Verdict, visitor: &Visitor) -> Result<Arrived, Refusal> {
        let (now, random) = (ground.clock.now(), ground.random.as_ref());
        let replay = match &verdict {
            Verdict::Sworn(testimony) => {
                Some(Replay { entity_id: self.provider.entity_id.clone(), request_id: testimony.id.clone(), expires_at: testimony.until })
            }
            Verdict::Declined(_) => None,
        };
        let (kept, event) = self.weigh(ground, question, verdict, visitor);
        let plain = Zeroizing::new(serde_json::to_vec(&kept).map_err(|error| Refusal::Internal(error.to_string()))?);
        let sealed = ground.seals.mitid.seal(&plain, context(&question.request).as_bytes(), random)?;
        let handle = Token::random(random);
        let mut tx = ground.db.begin().await?;
        if let Some(replay) = &replay
            && !audit::claim(&mut tx, replay).await?
        {
            return Err(refused(Reason::Replay));
        }
        if !questions::answer(&mut tx, &question.request, &handle.hash(), &sealed, now).await? {
            return Err(refused(Reason::InResponseTo));
        }
        tx.commit(event).await?;
        Ok(Arrived { flow: question.flow, handle })
    }

    fn weigh(&self, ground: &Ground, question: &questions::Question, verdict: Verdict, visitor: &Visitor) -> (Kept, Event) {
        let event = |kind, testimony: Option<&Testimony>| {
            let event = self.event(ground, kind, visitor).with("request_id", &question.request);
            match testimony {
                Some(testimony) => event.with("reference", &testimony.id).with("level", testimony.level),
                None => event,
            }
        };
        let testimony = match verdict {
            Verdict::Declined(declined) => {
                return (Kept::Declined(declined), event(Kind::MitidRefused, None).with("reason", declined.as_str()));
            }
            Verdict::Sworn(testimony) => *testimony,
        };
        let refuse = |reason| event(Kind::MitidRefused, Some(&testimony)).with("reason", reason);
        if testimony.level < question.least {
            return (Kept::TooLow, refuse("level"));
        }
        let Some(cpr) = &testimony.cpr else { return (Kept::NoCpr, refuse("no_cpr")) };
        let kept = Sworn {
            cpr: Zeroizing::new(cpr.expose().to_owned()),
            level: testimony.level,
            name: testimony.full_name.clone(),
            reference: testimony.id.clone(),
            at: testimony.authenticated_at,
            name_id: testimony.name_id.clone(),
            session_index: testimony.session_index.clone(),
        };
        (Kept::Sworn(Box::new(kept)), event(Kind::MitidAnswered, Some(&testimony)))
    }

    fn event(&self, ground: &Ground, kind: Kind, visitor: &Visitor) -> Event {
        let event = Event::new(kind, Actor::Visitor, ground.clock.now(), &visitor.incident, ground.random.as_ref());
        event.with("road", Road::Nemlogin).with("issuer", &self.provider.entity_id).with("address", visitor.address)
    }

    /// The browser fetches its answer: it must hold the flow that asked, and the handle that the answer's bearer was given.
    pub async fn finish(&self, ground: &Ground, held: &Held, handle: &str) -> Result<Identified, Refusal> {
        let (flow, asked) = mitid::asked(ground, held, Road::Nemlogin).await?;
        let handle = Token::from_text(handle).ok_or(Refusal::Gone)?;
        let mut tx = ground.db.begin().await?;
        let taken = questions::take(&mut tx, &asked.request, flow.id, &handle.hash(), ground.clock.now()).await?;
        let sealed = taken.ok_or(Refusal::Gone)?;
        tx.commit_routine().await?;
        let plain = ground.seals.mitid.open(&sealed, context(&asked.request).as_bytes())?;
        let kept: Kept = serde_json::from_slice(plain.expose()).map_err(|error| Refusal::Internal(error.to_string()))?;
        let (said, there) = match kept {
            Kept::Sworn(sworn) => {
                let Sworn { cpr, level, name, reference, at, name_id, session_index } = *sworn;
                let cpr = cpr.parse().map_err(|_| Refusal::Internal("a kept CPR number cannot be read".to_owned()))?;
                let issuer = self.provider.entity_id.clone();
                (Said { cpr, level, name, road: Road::Nemlogin, issuer, reference, at }, (name_id, session_index))
            }
            Kept::Declined(Declined::Cancelled) => return Err(Refusal::Cancelled),
            Kept::Declined(Declined::Level) | Kept::TooLow => return Err(Refusal::TooLow),
            Kept::Declined(declined) => return Err(Refusal::Failed(declined.as_str().to_owned())),
            Kept::NoCpr => return Err(Refusal::NoCpr),
        };
        let farewell = farewell::begin(self, ground, flow.id, (&there.0, &there.1))?.map(Parting::Address);
        Ok(Identified { flow, proved: Proved::attest(said), farewell })
    }
}

fn refused(reason: Reason) -> Refusal {
    Refusal::Answer(reason.as_str())
}

fn context(request: &str) -> String {
    format!("mitid/answer/{request}")
}
