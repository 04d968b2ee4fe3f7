//! Acts that need two people (security case C04): one asks, another one approves, and in the same transaction it is done.
//! Whoever approves is neither who asked nor whom it is about, under whatever account, and could have asked themselves; whoever
//! asked must still hold the right. Of two decisions at once one finds nothing left to decide.

use crate::{
    base::{clock::plus, id::Id},
    domain::{
        audit::{Event, Kind},
        factor::Authenticator,
        person::Person,
        request::{PATIENCE, Request, State, Wish},
        right::{Act, ApproveReset, ApproveRole, AskForRole, RemoveFactor, SeeRequests},
        role::{Role, Scope},
    },
    service::{
        console::acts::{self, Refusal},
        cpr,
        ground::Ground,
        people as acts_on,
        rights::{Denied, Right, Subject},
        roles,
    },
    storage::{authenticators, db::Tx, people, requests, roles as grants},
};

/// Asks for a role for the person. Nobody asks for more than they hold themselves.
pub async fn ask_role(
    ground: &Ground,
    (right, subject): (&Right<AskForRole>, &Subject<AskForRole>),
    (role, scope): (Role, Scope),
    why: &str,
) -> Result<Request, Refusal> {
    if !right.outranks(role, scope) {
        return Err(Denied::Above.into());
    }
    let held = grants::of_person(&ground.db, subject.person().id).await?;
    if held.iter().any(|grant| grant.role == role && grant.scope.covers(scope)) {
        return Err(Refusal::State("role-held"));
    }
    ask(ground, subject, Wish::Role { role, scope }, why).await
}

/// Asks that the person's last second factor is removed.
pub async fn ask_reset(
    ground: &Ground,
    subject: &Subject<RemoveFactor>,
    authenticator: Id<Authenticator>,
    why: &str,
) -> Result<Request, Refusal> {
    let known = authenticators::of_person(&ground.db, subject.person().id).await?;
    if !known.iter().any(|one| one.id == authenticator) {
        return Err(Refusal::State("factor"));
    }
    ask(ground, subject, Wish::Reset { authenticator }, why).await
}

async fn ask<A: Act>(ground: &Ground, subject: &Subject<A>, wish: Wish, why: &str) -> Result<Request, Refusal> {
    let (reason, now) = (acts::reason(why)?.to_owned(), ground.clock.now());
    let request = Request {
        id: Id::random(ground.random.as_ref()),
        subject: subject.person().id,
        wish,
        reason,
        requested_by: subject.doer(),
        requested_at: now,
        expires_at: plus(now, PATIENCE),
        state: State::Waiting,
        decided: None,
    };
    let mut tx = ground.db.begin().await?;
    if !requests::put(&mut tx, &request).await? {
        return Err(Refusal::State("asked"));
    }
    let event = told(subject.operator().event(ground, Kind::RequestMade), &request);
    tx.commit(event.with("reason", &request.reason)).await?;
    Ok(request)
}

/// What a request is about, for the trail.
fn told(event: Event, request: &Request) -> Event {
    let event = event.about(request.subject).with("request", request.id).with("wish", request.wish.as_str());
    match &request.wish {
        Wish::Role { role, scope } => roles::placed(event.with("role", role.as_str()), *scope),
        Wish::Reset { authenticator } => event.with("authenticator", authenticator),
    }
}

/// Approves that the person is given the role: it is theirs with this.
pub async fn approve_role(ground: &Ground, right: &Right<ApproveRole>, id: Id<Request>) -> Result<Request, Refusal> {
    let (request, subject) = second(ground, right, id).await?;
    let Wish::Role { role, scope } = request.wish else { return Err(Refusal::State("request")) };
    if !right.outranks(role, scope) {
        return Err(Denied::Above.into());
    }
    still_holds::<AskForRole>(ground, &request).await?;
    let mut tx = decided(ground, &request, State::Approved, subject.doer(), "approved").await?;
    let granted = roles::grant_within(ground, &mut tx, subject.operator(), request.subject, (role, scope)).await?;
    tx.note(&granted.ok_or(Refusal::State("role-held"))?.with("asked_by", request.requested_by)).await?;
    tx.commit(told(subject.operator().event(ground, Kind::RequestApproved), &request).with("asked_by", request.requested_by)).await?;
    Ok(request)
}

/// Approves that the person's last second factor is removed: it is gone with this, and so is all that is open.
pub async fn approve_reset(ground: &Ground, right: &Right<ApproveReset>, id: Id<Request>) -> Result<Request, Refusal> {
    let (request, subject) = second(ground, right, id).await?;
    let Wish::Reset { authenticator } = request.wish else { return Err(Refusal::State("request")) };
    still_holds::<RemoveFactor>(ground, &request).await?;
    let mut tx = decided(ground, &request, State::Approved, subject.doer(), "approved").await?;
    people::hold(&mut tx, request.subject).await?;
    let known = authenticators::of_person(&ground.db, request.subject).await?.into_iter().find(|one| one.id == authenticator);
    let known = known.ok_or(Refusal::State("factor"))?;
    let ended = acts_on::take_factor(ground, &mut tx, known).await?.ok_or(Refusal::State("factor"))?;
    let event = subject.operator().event(ground, Kind::AuthenticatorRemoved).about(request.subject).with("authenticator", authenticator);
    tx.note(&event.with("sessions_ended", ended).with("asked_by", request.requested_by)).await?;
    tx.commit(told(subject.operator().event(ground, Kind::RequestApproved), &request).with("asked_by", request.requested_by)).await?;
    Ok(request)
}

/// Refuses what was asked: nothing happens.
pub async fn refuse<A: Act>(ground: &Ground, right: &Right<A>, id: Id<Request>, why: &str) -> Result<Request, Refusal> {
    let why = acts::reason(why)?;
    let (request, subject) = second(ground, right, id).await?;
    let tx = decided(ground, &request, State::Refused, subject.doer(), why).await?;
    tx.commit(told(subject.operator().event(ground, Kind::RequestRefused), &request).with("reason", why)).await?;
    Ok(request)
}

/// Takes one's own request back.
pub async fn withdraw(ground: &Ground, right: &Right<SeeRequests>, id: Id<Request>) -> Result<Request, Refusal> {
    let request = open(ground, id).await?;
    if request.requested_by != right.person().id {
        return Err(Denied::NoRight.into());
    }
    let tx = decided(ground, &request, State::Withdrawn, right.person().id, "withdrawn").await?;
    tx.commit(told(right.operator().event(ground, Kind::RequestWithdrawn), &request)).await?;
    Ok(request)
}

/// A request with whom it is about and who asked.
#[derive(Debug)]
pub struct Listed {
    /// The request.
    pub request: Request,
    /// Whom it is about.
    pub subject: Person,
    /// Who asked.
    pub asker: Person,
}

/// What waits within reach, oldest first, and what was decided lately, newest first.
pub async fn inbox(ground: &Ground, right: &Right<SeeRequests>) -> Result<(Vec<Listed>, Vec<Listed>), Refusal> {
    let waiting = requests::waiting(&ground.db, ground.clock.now()).await?;
    let decided = requests::decided(&ground.db, 50).await?;
    Ok((listed(ground, right, waiting).await?, listed(ground, right, decided).await?))
}

async fn listed(ground: &Ground, right: &Right<SeeRequests>, requests: Vec<Request>) -> Result<Vec<Listed>, Refusal> {
    let known = people::by_ids(&ground.db, requests.iter().flat_map(|one| [one.subject, one.requested_by])).await?;
    let listed = |request: Request| {
        let subject = known.get(&request.subject).filter(|subject| right.reaches(subject.organisation))?.clone();
        let asker = known.get(&request.requested_by)?.clone();
        Some(Listed { request, subject, asker })
    };
    Ok(requests.into_iter().filter_map(listed).collect())
}

async fn open(ground: &Ground, id: Id<Request>) -> Result<Request, Refusal> {
    let request = requests::by_id(&ground.db, id).await?.filter(|request| request.is_open(ground.clock.now()));
    request.ok_or(Refusal::State("request"))
}

/// The open request and its subject, if whoever decides is a second person.
async fn second<A: Act>(ground: &Ground, right: &Right<A>, id: Id<Request>) -> Result<(Request, Subject<A>), Refusal> {
    let request = open(ground, id).await?;
    let subject = right.over(ground, request.subject).await?;
    for other in [request.requested_by, request.subject] {
        match cpr::same_human(ground, right.person().id, other).await? {
            Some(false) => {}
            Some(true) => return Err(Denied::Own.into()),
            None => return Err(Denied::NoCpr.into()),
        }
    }
    Ok((request, subject))
}

/// Whoever asked must still be one who may: a role taken back meanwhile, or a lock, takes the request with it.
async fn still_holds<A: Act>(ground: &Ground, request: &Request) -> Result<(), Refusal> {
    let subject = people::by_id(&ground.db, request.subject).await?.ok_or(Denied::NoSuchPerson)?;
    let asker = people::by_id(&ground.db, request.requested_by).await?.filter(|asker| asker.may_log_in(ground.clock.now()));
    let held = grants::of_person(&ground.db, request.requested_by).await?;
    let holds = held.iter().any(|grant| A::ROLES.contains(&grant.role) && grant.scope.reaches(subject.organisation));
    if asker.is_some() && holds { Ok(()) } else { Err(Refusal::State("asker")) }
}

/// The decision in a transaction under way, to which belongs what it decides.
async fn decided(ground: &Ground, request: &Request, state: State, by: Id<Person>, why: &str) -> Result<Tx, Refusal> {
    let mut tx = ground.db.begin().await?;
    if !requests::decide(&mut tx, request.id, state, by, (ground.clock.now(), why)).await? {
        return Err(Refusal::State("request"));
    }
    Ok(tx)
}
