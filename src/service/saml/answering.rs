//! What a relying party is told: an assertion made of a statement, or a signed error. Each is in the trail before it
//! leaves; one that cannot be written down is not given.

use crate::{
    base::clock::{plus, seconds_between},
    crypto::reason::Reason,
    domain::{
        audit::{Actor, Event, Kind},
        bootstrap::Withheld,
        flow::SignOn,
        statement::Statement,
    },
    protocol::saml::{
        fault::Fault as Status,
        response::{self, AssertionContent, Body, ResponseContent, SignedAssertion},
        subject::{NameKind, fresh_id},
        wire::{self, Direction, PostForm},
    },
    service::{
        ground::{Ground, Visitor},
        login::Held,
        saml::{Desk, Refused, Registered, bootstrap, pairwise, session_index},
        trail::{Coming, Entry, NotRecorded, Participation, Recording, Replay},
    },
    storage::{fault::Fault, sessions::Standing},
};

/// A response on its way.
#[derive(Debug)]
pub struct Answer {
    /// The form the browser posts.
    pub form: PostForm,
    /// The relying party's name, for the page shown meanwhile.
    pub service: String,
    /// The error it carries, if it is one.
    pub status: Option<Status>,
}

/// Whether the request's id is claimed with the answer, or was claimed when its login began; that login then ends with it.
#[derive(Clone, Copy)]
pub(super) enum Claim<'h> {
    Now,
    Made(Option<&'h Held>),
}

/// A sound request, and everything at hand for answering it.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) desk: &'a Desk,
    pub(super) ground: &'a Ground,
    pub(super) party: &'a Registered,
    pub(super) sign_on: &'a SignOn,
    pub(super) claim: Claim<'a>,
    pub(super) visitor: &'a Visitor,
    pub(super) coming: Option<&'a Coming>,
}

impl Case<'_> {
    /// The request's id, to be answered once while its clock check would pass; remembered a little longer.
    pub(super) fn replay(&self) -> Replay {
        let expires_at = plus(self.sign_on.received_at, 2 * self.desk.own.clock_skew + 60);
        Replay { entity_id: self.sign_on.entity_id.clone(), request_id: self.sign_on.request_id.clone(), expires_at }
    }

    /// Makes the assertion while its event is written down, and hands it out once that is durable. `None` when the session was
    /// ended meanwhile, by a lock or a logout: then nothing is said, and the login that led here is over.
    pub(super) async fn say(&self, standing: &Standing, statement: &Statement) -> Result<Option<Answer>, Refused> {
        let token = bootstrap::judge(self.ground, self.party, standing, statement).await?;
        if let Some(Err(why)) = &token {
            self.withhold(standing, *why);
            if self.party.bootstrap.as_ref().is_some_and(|registered| registered.terms.required) {
                return self.refuse_for(Status::RequestDenied, Some(*why)).await.map(Some);
            }
        }
        let (now, random, own) = (self.ground.clock.now(), self.ground.random.as_ref(), &self.desk.own);
        let (client, sign_on) = (&self.party.client, self.sign_on);
        let kind = if sign_on.transient { NameKind::Transient } else { NameKind::Persistent };
        let name_id = pairwise(self.ground, &standing.session, client, kind)?;
        let session_index = session_index(self.ground, &standing.session, client)?;
        let assertion_id = fresh_id(random);
        let event = self.event(Kind::AssertionIssued).about(standing.person.id).with("level", statement.level());
        let event = event.with("assertion", &assertion_id).with("session", standing.session.id);
        let token_id = fresh_id(random);
        let event = match &token {
            None => event,
            Some(Ok(grant)) => event.with("bootstrap", grant.profile()).with("bootstrap_token", &token_id),
            Some(Err(why)) => event.with("bootstrap_withheld", why.as_str()),
        };
        let participation = (standing.session_index.as_ref() != Some(&session_index)).then(|| Participation {
            session: standing.session.id,
            client: client.id,
            session_index: session_index.clone(),
            name_id: name_id.value.clone(),
            at: now,
        });
        let touch = (seconds_between(standing.session.last_seen_at, now) >= 60).then_some((standing.session.id, now));
        let session = Some(standing.session.id);
        let recording = self.record(Entry { session, participation, touch, ..Entry::of(event) })?;
        let token = token.and_then(Result::ok).map(|grant| bootstrap::sign(self.desk, self.ground, self.party, (&grant, &token_id)));
        let token = token.transpose()?.map(|token| token.to_attribute());
        let content = AssertionContent {
            id: &assertion_id,
            issuer: &own.entity_id,
            audience: &client.entity_id,
            recipient: &sign_on.acs,
            in_response_to: &sign_on.request_id,
            name_id: &name_id,
            session_index: &session_index,
            issued_at: now,
            bearer_until: plus(now, own.bearer_seconds),
            conditions_until: plus(now, own.conditions_seconds),
            bootstrap_token: token.as_deref(),
        };
        let signed = response::assertion(&content, statement, &self.desk.keyring.active)?;
        let xml = self.wrap(&signed)?;
        match recording.durable().await {
            Ok(()) => Ok(Some(self.answer(&xml, None))),
            Err(NotRecorded::Gone) => {
                tracing::info!(event = "saml.session.gone", client = client.entity_id, incident = %self.visitor.incident);
                Ok(None)
            }
            Err(reason) => Err(not_recorded(reason)),
        }
    }

    /// Says in the log why there is no bootstrap token; the trail has it with the answer's event.
    fn withhold(&self, standing: &Standing, why: Withheld) {
        let (client, person) = (&self.party.client.entity_id, standing.person.id);
        tracing::warn!(event = "saml.bootstrap.withheld", reason = why.as_str(), words = %why, client, %person, incident = %self.visitor.incident);
    }

    /// A signed error, written down like an assertion.
    pub(super) async fn refuse(&self, status: Status) -> Result<Answer, Refused> {
        self.refuse_for(status, None).await
    }

    async fn refuse_for(&self, status: Status, withheld: Option<Withheld>) -> Result<Answer, Refused> {
        let (client, incident) = (&self.party.client, &self.visitor.incident);
        // Signed only afterwards: somebody without a session must not have us sign the same request again and again.
        let event = self.event(Kind::AssertionRefused).with("status", status.as_str());
        let event = if let Some(why) = withheld { event.with("bootstrap_withheld", why.as_str()) } else { event };
        self.record(Entry::of(event))?.durable().await.map_err(not_recorded)?;
        tracing::info!(event = "saml.response.error", status = status.as_str(), client = client.entity_id, incident = %incident);
        let id = fresh_id(self.ground.random.as_ref());
        let message = match withheld {
            Some(why) => format!("Incident {incident}: no bootstrap token, {why}"),
            None => format!("Incident {incident}"),
        };
        let xml = response::failure(&self.frame(&id), status, Some(&message), &self.desk.keyring.active)?;
        Ok(self.answer(&xml, Some(status)))
    }

    /// Encrypts the assertion unless an administrator lifted that for this relying party, and puts it into a response.
    fn wrap(&self, signed: &SignedAssertion) -> Result<String, Refused> {
        let random = self.ground.random.as_ref();
        let id = fresh_id(random);
        let terms = &self.party.client.terms;
        if !terms.encrypt {
            return Ok(response::success(&self.frame(&id), Body::Readable(signed))?);
        }
        // The decision to say anything saw to it that there is a key; without one nothing leaves in the clear.
        let Some(Ok((key, suite))) = self.party.metadata.encryption(terms.legacy_encryption) else {
            return Err(Refused::Internal("no encryption key".to_owned()));
        };
        let encrypted = signed.encrypt(key, suite, random).map_err(|error| Refused::Internal(error.to_string()))?;
        Ok(response::success(&self.frame(&id), Body::Encrypted(&encrypted))?)
    }

    fn frame<'f>(&'f self, id: &'f str) -> ResponseContent<'f> {
        ResponseContent {
            id,
            issuer: &self.desk.own.entity_id,
            destination: &self.sign_on.acs,
            in_response_to: &self.sign_on.request_id,
            issued_at: self.ground.clock.now(),
        }
    }

    fn answer(&self, xml: &str, status: Option<Status>) -> Answer {
        let form = wire::post_form(&self.sign_on.acs, Direction::Response, xml, self.sign_on.relay_state.as_deref());
        Answer { form, service: self.party.client.name.clone(), status }
    }

    fn event(&self, kind: Kind) -> Event {
        let actor = Actor::Client(self.party.client.entity_id.clone());
        let event = Event::new(kind, actor, self.ground.clock.now(), &self.visitor.incident, self.ground.random.as_ref())
            .with("request", &self.sign_on.request_id)
            .with("asked", if self.sign_on.level_requested { self.sign_on.least.word() } else { "-" });
        match &self.sign_on.requester {
            Some(requester) => event.with("requester", requester),
            None => event,
        }
    }

    fn record(&self, entry: Entry) -> Result<Recording, Refused> {
        let (replay, login) = match self.claim {
            Claim::Now => (Some(self.replay()), None),
            Claim::Made(held) => (None, held.map(|held| (held.id, held.token.hash()))),
        };
        let recording = self.desk.journal.begin(Entry { replay, login, ..entry }).map_err(not_recorded);
        self.coming.inspect(|coming| coming.arrived());
        recording
    }
}

fn not_recorded(reason: NotRecorded) -> Refused {
    match reason {
        NotRecorded::Replay => Reason::Replay.into(),
        NotRecorded::Gone | NotRecorded::Unavailable => Refused::Storage(Fault::Unavailable(reason.to_string())),
    }
}
