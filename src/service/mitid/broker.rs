//! MitID by a private broker, over OpenID Connect. A question is put by redirect, with state, nonce and code verifier of
//! its own; the answer counts once, in the browser that asked, and becomes a `Proved` when the ID token kept every rule.
//! Whose CPR number it is, is decided elsewhere. The grammar and its judgement stand in `protocol::oidc`.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::{
    base::clock::seconds_between,
    crypto::token::Token,
    domain::{
        audit::{Actor, Event, Kind},
        flow::{Asked, Flow, Identify},
        mitid::{Proved, Road, Said},
        person::Cpr,
    },
    protocol::oidc::{
        Reason,
        answer::Answer,
        ask::{self, Question, Secrets},
        client::Tokens,
        exchange::{self, Statement},
        farewell,
        party::{Authentication, Party},
        provider::Provider,
        token::{self, Expected, Judged},
        userinfo::{self, Told},
        wire::Wire,
    },
    service::{
        ground::{Ground, Visitor},
        login::{self, Held},
        mitid::{self, Identified, Parting, Refusal},
    },
};

/// What the broker published is used this long before it is asked for again, in seconds.
const FRESH: i64 = 3_600;
/// And this long when the broker does not answer meanwhile.
const STALE: i64 = 24 * 3_600;
/// After a failure, and after a search for an unknown key, the broker is left alone this long.
const PAUSE: i64 = 30;

/// The broker, as far as we know it. Cheap to clone; one for each process.
#[derive(Debug, Clone)]
pub struct Broker(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    party: Party,
    wire: Wire,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    provider: Option<(Arc<Provider>, Timestamp)>,
    failed: Option<(Reason, Timestamp)>,
    searched: Option<Timestamp>,
}

impl Broker {
    /// The broker of the settings.
    pub fn new(party: Party) -> Result<Self, Reason> {
        let wire = Wire::new(&party.issuer, party.timeout)?;
        Ok(Self(Arc::new(Inner { party, wire, known: Mutex::default() })))
    }

    /// Our public keys as a JSON Web Key Set, for the broker to fetch; empty when we prove ourselves with a secret.
    pub fn public_keys(&self) -> Value {
        let keys: Vec<&Value> = match &self.0.party.authentication {
            Authentication::PrivateKey(key) => vec![key.public()],
            Authentication::SecretBasic(_) | Authentication::SecretPost(_) => vec![],
        };
        serde_json::json!({ "keys": keys })
    }

    /// Puts the flow's question: where to send the browser. An older question of the flow is then void.
    pub async fn begin(&self, ground: &Ground, held: &Held, language: &str) -> Result<String, Refusal> {
        let flow = mitid::open(ground, held).await?;
        let number = mitid::next_question(&flow)?;
        let now = ground.clock.now();
        let provider = self.provider(now).await.map_err(refusal)?;
        let random = ground.random.as_ref();
        let secrets = Secrets::random(random);
        // The flow's public id leads the answer to its cookie; the rest nobody can guess.
        let state = format!("{}.{}", held.id, Token::random(random).to_text());
        let plain = serde_json::to_vec(&secrets).map_err(|error| Refusal::Internal(error.to_string()))?;
        let sealed = ground.seals.mitid.seal(&plain, &context(held), random)?;
        let asked = Asked { road: Road::Broker, request: state.clone(), secrets: Some(STANDARD.encode(sealed)), at: now, number };
        mitid::ask(ground, &flow, held, asked).await?;
        let question = Question { least: flow.stage.least, state: &state, secrets: &secrets, language };
        Ok(ask::address(&self.0.party, &provider, &question).into())
    }

    /// Takes the answer that came back with the browser that holds the flow. The question is then answered: a second
    /// answer, however good, finds none. What comes of it stands in the trail.
    pub async fn finish(&self, ground: &Ground, held: &Held, answer: Answer, visitor: &Visitor) -> Result<Identified, Refusal> {
        // Answers are made up as easily as passwords: refused ones are failures of their place.
        login::gate_place(ground, visitor).await?;
        let (flow, asked) = mitid::asked(ground, held, Road::Broker).await?;
        // A wrong state is somebody else's doing: it leaves the question open.
        let answer = answer.to(&asked.request).map_err(refusal)?;
        close(ground, &flow, held).await?;
        let secrets = open(ground, held, &asked)?;
        let now = ground.clock.now();
        let provider = self.provider(now).await.map_err(refusal)?;
        let took = async {
            let party = &self.0.party;
            let code = answer.code(party, &provider)?;
            let statement = Statement { id: Token::random(ground.random.as_ref()).to_text(), now: now.as_second() };
            let tokens = exchange::tokens((party, &provider), &self.0.wire, code, &secrets, &statement).await?;
            let expected = Expected { nonce: &secrets.nonce, least: flow.stage.least, asked_at: asked.at, now: ground.clock.now() };
            let (provider, judged) = judge(self, provider, &tokens, &expected).await?;
            let proved = proved(self, &provider, &tokens, &judged).await?;
            Ok::<_, Reason>((proved, farewell::form(party, &provider, &tokens, &held.id.to_string())))
        };
        match took.await {
            Ok((proved, farewell)) => {
                let event = event(ground, visitor, Kind::MitidAnswered, &flow).with("level", proved.level());
                ground.db.begin().await?.commit(event.with("reference", proved.reference())).await?;
                Ok(Identified { flow, proved, farewell: farewell.map(Parting::Form) })
            }
            Err(reason) => {
                if !reason.is_outage() {
                    login::count_place(ground, visitor).await?;
                }
                let event = event(ground, visitor, Kind::MitidRefused, &flow).with("reason", reason);
                ground.db.begin().await?.commit(event).await?;
                Err(refusal(reason))
            }
        }
    }

    /// What the broker published: fetched when it is old, kept when the broker does not answer, and not asked for again
    /// at once after a failure.
    async fn provider(&self, now: Timestamp) -> Result<Arc<Provider>, Reason> {
        let mut known = self.0.known.lock().await;
        if let Some((provider, at)) = &known.provider
            && seconds_between(*at, now).unsigned_abs() < FRESH.unsigned_abs()
        {
            return Ok(Arc::clone(provider));
        }
        let paused = known.failed.filter(|(_, at)| seconds_between(*at, now).unsigned_abs() < PAUSE.unsigned_abs());
        let asked = match paused {
            Some((reason, _)) => Err(reason),
            None => Provider::discover(&self.0.wire, &self.0.party.issuer).await,
        };
        match asked {
            Ok(provider) => {
                let provider = Arc::new(provider);
                *known = Known { provider: Some((Arc::clone(&provider), now)), failed: None, searched: known.searched };
                Ok(provider)
            }
            Err(reason) => {
                known.failed = paused.or(Some((reason, now)));
                let old = known.provider.as_ref().filter(|(_, at)| seconds_between(*at, now) < STALE);
                old.map(|(provider, _)| Arc::clone(provider)).ok_or(reason)
            }
        }
    }

    /// The broker with its keys fetched anew, when an ID token names a key that is unknown: a new key may have come.
    /// `None` when that was done a moment ago; whoever sends made-up key names must not make us hammer the broker.
    async fn search(&self, now: Timestamp) -> Result<Option<Arc<Provider>>, Reason> {
        let mut known = self.0.known.lock().await;
        if known.searched.is_some_and(|at| seconds_between(at, now).unsigned_abs() < PAUSE.unsigned_abs()) {
            return Ok(None);
        }
        known.searched = Some(now);
        let Some((provider, at)) = known.provider.clone() else { return Ok(None) };
        let fresh = Arc::new(provider.with_fresh_keys(&self.0.wire).await?);
        known.provider = Some((Arc::clone(&fresh), at));
        Ok(Some(fresh))
    }
}

/// The id of the flow that an answer names, for its cookie to be found by. Proves nothing.
pub fn flow_of(answer: &Answer) -> Option<&str> {
    answer.state.as_deref()?.split_once('.').map(|(flow, _)| flow)
}

/// The question is answered, rightly or wrongly; of two answers at once one comes through.
async fn close(ground: &Ground, flow: &Flow<Identify>, held: &Held) -> Result<(), Refusal> {
    Ok(login::save(ground, flow, held, &Identify { asked: None, ..flow.stage.clone() }).await?)
}

/// Judges the ID token; when its key is unknown, once more with the keys fetched anew.
async fn judge(
    broker: &Broker,
    provider: Arc<Provider>,
    tokens: &Tokens,
    expected: &Expected<'_>,
) -> Result<(Arc<Provider>, Judged), Reason> {
    match token::judge(&broker.0.party, &provider, tokens, expected) {
        Ok(judged) => Ok((provider, judged)),
        Err(Reason::WrongKey) => {
            let fresh = broker.search(expected.now).await?.ok_or(Reason::WrongKey)?;
            let judged = token::judge(&broker.0.party, &fresh, tokens, expected)?;
            Ok((fresh, judged))
        }
        Err(reason) => Err(reason),
    }
}

/// What was proved. The level is the ID token's alone; CPR number and name may come from the userinfo endpoint.
async fn proved(broker: &Broker, provider: &Provider, tokens: &Tokens, judged: &Judged) -> Result<Proved, Reason> {
    let party = &broker.0.party;
    let names = &party.claims;
    let told = match judged.text(&names.cpr) {
        Some(_) => None,
        None => userinfo::told((party, provider), &broker.0.wire, tokens, &judged.subject).await?,
    };
    let claim = |name: &str| judged.text(name).or_else(|| told.as_ref().and_then(|told: &Told| told.text(name)));
    let cpr: Cpr = claim(&names.cpr).ok_or(Reason::NoCpr)?.parse().map_err(|_| Reason::NoCpr)?;
    let harmless = |text: &&str| !text.replace('-', "").contains(cpr.expose());
    let reference = claim(&names.reference).or_else(|| judged.text("jti")).unwrap_or(&judged.subject);
    let said = Said {
        level: judged.level,
        name: claim(&names.name).filter(harmless).map(str::to_owned),
        road: Road::Broker,
        issuer: party.issuer.clone(),
        reference: Some(reference).filter(harmless).unwrap_or_default().chars().take(128).collect(),
        at: judged.at,
        cpr,
    };
    Ok(Proved::attest(said))
}

fn event(ground: &Ground, visitor: &Visitor, kind: Kind, flow: &Flow<Identify>) -> Event {
    let mut event = Event::new(kind, Actor::Visitor, ground.clock.now(), &visitor.incident, ground.random.as_ref())
        .with("road", Road::Broker)
        .with("why", flow.stage.why.as_str())
        .with("address", visitor.address);
    event.subject = flow.stage.person;
    event
}

fn open(ground: &Ground, held: &Held, asked: &Asked) -> Result<Secrets, Refusal> {
    let broken = || Refusal::Internal("a question to the broker lost its secrets".to_owned());
    let sealed = asked.secrets.as_deref().and_then(|text| STANDARD.decode(text).ok()).ok_or_else(broken)?;
    let plain = ground.seals.mitid.open(&sealed, &context(held))?;
    serde_json::from_slice(plain.expose()).map_err(|_| broken())
}

fn context(held: &Held) -> Vec<u8> {
    format!("flows/mitid-broker/{}", held.id).into_bytes()
}

fn refusal(reason: Reason) -> Refusal {
    match reason {
        Reason::Cancelled => Refusal::Cancelled,
        Reason::BrokerError => Refusal::Failed(reason.as_str().to_owned()),
        Reason::Level => Refusal::TooLow,
        Reason::NoCpr => Refusal::NoCpr,
        outage if outage.is_outage() => Refusal::Unreachable(outage.as_str().to_owned()),
        other => Refusal::Answer(other.as_str()),
    }
}
