//! `portvagt person lock`, `unlock`, `employ`, `role`, `cpr`, `rename`, `uuid`, `approve`, `revoke`: the life of an identity.

use clap::{Args, Subcommand};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Value, json};

use super::shown;
use crate::{
    base::id::Id,
    cli::{answer::Answer, ask},
    domain::{
        employment::Employment,
        factor::Authenticator,
        lock::{Cause, Hand},
        organisation::Unit,
        person::{Cpr, Username},
        proofing::Proofing,
        role::{Grant, Role, Scope},
    },
    service::{
        bootstrap, cpr,
        ground::Ground,
        lifecycle::{
            self, Hired,
            misuse::{self, Choice},
        },
        operator::Operator,
        organisations,
        people::{
            self,
            details::{self, Change},
        },
        proofing, roles,
    },
};

/// Locks, employments, roles, names and CPR numbers.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lock a person out for one more cause and end all their sessions
    Lock(Lock),
    /// Lift the lock of one cause; others stay. A second factor that was reported is removed with it
    Unlock(Unlock),
    /// List a person's locks, lifted ones too
    Locks {
        /// Their user name
        username: Username,
    },
    /// Write an employment down, or change one
    Employ(Employ),
    /// Give or take back a role in Portvagt
    #[command(subcommand)]
    Role(RoleCommand),
    /// Read, set or find a CPR number
    #[command(subcommand)]
    Cpr(CprCommand),
    /// Give a person another name; what was proved of the old one counts no longer
    Rename {
        /// Their user name
        username: Username,
        /// Given name
        #[arg(long)]
        given_name: String,
        /// Family name
        #[arg(long)]
        family_name: String,
    },
    /// Change names, user name or e-mail address; the person is told of another address at the old and the new one
    Edit(Edit),
    /// State the UUID by which MitID Erhverv knows a person: without it no bootstrap token speaks of them
    Uuid {
        /// Their user name
        username: Username,
        /// The UUID
        uuid: uuid::Uuid,
    },
    /// Approve, as a second person, a proofing that waits
    Approve {
        /// The proofing's id, as `person show` lists it
        #[arg(value_name = "ID")]
        proofing: Id<Proofing>,
    },
    /// Take a proofing back; the level it gave is gone at once
    Revoke {
        /// The proofing's id, as `person show` lists it
        #[arg(value_name = "ID")]
        proofing: Id<Proofing>,
        /// Why
        #[arg(long)]
        reason: String,
    },
}

/// A lock to place or lift.
#[derive(Debug, Args)]
pub struct Lock {
    /// Their user name
    pub username: Username,
    /// person, administrator, source, failures, deceased, disenfranchised or misuse
    #[arg(long, default_value = "administrator")]
    pub cause: Cause,
    /// Why, in words; never a CPR number
    #[arg(long)]
    pub reason: String,
}

/// A lock to lift.
#[derive(Debug, Args)]
pub struct Unlock {
    /// Which, and why.
    #[command(flatten)]
    pub lock: Lock,
    /// With a lock for misuse: remove this second factor too, as `person show` lists it
    #[arg(long, value_name = "ID")]
    pub factor: Option<Id<Authenticator>>,
    /// With a lock for misuse whose report names no second factor: remove none
    #[arg(long, conflicts_with = "factor")]
    pub keep_factors: bool,
}

/// What of a person is to become otherwise.
#[derive(Debug, Args)]
#[group(required = true, multiple = true, id = "change", args = ["new_username", "given_name", "family_name", "email", "no_email"])]
pub struct Edit {
    /// Their user name now
    pub username: Username,
    /// What they log in with from now on
    #[arg(long = "username", value_name = "USER NAME")]
    pub new_username: Option<Username>,
    /// Given name; what was proved of another name counts no longer
    #[arg(long)]
    pub given_name: Option<String>,
    /// Family name; what was proved of another name counts no longer
    #[arg(long)]
    pub family_name: Option<String>,
    /// Work e-mail
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// Take the e-mail address away
    #[arg(long, conflicts_with = "email")]
    pub no_email: bool,
}

/// An employment.
#[derive(Debug, Args)]
pub struct Employ {
    /// Their user name
    pub username: Username,
    /// The first day (YYYY-MM-DD, Danish time)
    #[arg(long, value_name = "DATE", required_unless_present = "remove")]
    pub from: Option<Date>,
    /// The last day; without it the employment has no end
    #[arg(long, value_name = "DATE")]
    pub until: Option<Date>,
    /// The unit's id, as `organisation units` lists it
    #[arg(long, value_name = "ID")]
    pub unit: Option<Id<Unit>>,
    /// The job title
    #[arg(long, default_value = "")]
    pub title: String,
    /// Change the employment with that id, as `person show` lists it
    #[arg(long, value_name = "ID")]
    pub change: Option<Id<Employment>>,
    /// Take the employment with that id away, as one that never was
    #[arg(long, value_name = "ID", conflicts_with_all = ["from", "until", "unit", "change"])]
    pub remove: Option<Id<Employment>>,
}

/// Roles.
#[derive(Debug, Subcommand)]
pub enum RoleCommand {
    /// Grant a role
    Grant {
        /// Their user name
        username: Username,
        /// administrator, user-administrator, registrant, supporter, federation-administrator, security-officer or auditor
        role: Role,
        /// Where it holds: the organisation's CVR number, or `all`; otherwise an administrator's everywhere, another one where
        /// the person works
        #[arg(long = "in", value_name = "CVR|all")]
        place: Option<String>,
    },
    /// Take a role back, wherever it holds, and end all their sessions
    Revoke {
        /// Their user name
        username: Username,
        /// The role
        role: Role,
    },
    /// List a person's roles
    List {
        /// Their user name
        username: Username,
    },
}

/// CPR numbers.
#[derive(Debug, Subcommand)]
pub enum CprCommand {
    /// Show a person's whole CPR number; the reason is logged first
    Read {
        /// Their user name
        username: Username,
        /// Why it must be seen; never a CPR number
        #[arg(long)]
        reason: String,
    },
    /// Set or change a person's CPR number, from standard input or a prompt
    Set {
        /// Their user name
        username: Username,
    },
    /// Find the accounts of a CPR number, from standard input or a prompt
    Find,
}

/// Does one of them.
pub async fn run(command: Command, ground: &Ground, by: &Operator) -> anyhow::Result<Answer> {
    match command {
        Command::Lock(lock) => {
            let person = people::find(ground, &lock.username).await?;
            let ended = lifecycle::lock(ground, by, person.id, lock.cause, &lock.reason).await?;
            Ok(Answer::new(
                format!("'{}' is locked out ({}); {} session(s) ended.", lock.username, lock.cause.as_str(), ended.sessions),
                json!({ "username": lock.username, "cause": lock.cause, "sessions_ended": ended.sessions }),
            ))
        }
        Command::Unlock(lock) => unlock(lock, ground, by).await,
        Command::Locks { username } => {
            let person = people::find(ground, &username).await?;
            let rows: Vec<Value> = lifecycle::locks(ground, person.id).await?.iter().map(shown::lock).collect();
            let columns = [("CAUSE", "cause"), ("SINCE", "placed_at"), ("BY", "placed_by"), ("LIFTED", "lifted_at"), ("REASON", "reason")];
            Ok(Answer::table(&rows, &columns, "No lock was ever placed."))
        }
        Command::Employ(employ) => self::employ(employ, ground, by).await,
        Command::Role(command) => role(command, ground, by).await,
        Command::Cpr(command) => number(command, ground, by).await,
        Command::Uuid { username, uuid } => {
            bootstrap::state_uuid(ground, by, &username, uuid).await?;
            Ok(Answer::new(
                format!("MitID Erhverv knows '{username}' as {uuid}."),
                json!({ "username": username, "persistent_uuid": uuid }),
            ))
        }
        Command::Rename { username, given_name, family_name } => {
            let person = people::rename(ground, by, &username, (&given_name, &family_name)).await?;
            let identity = proofing::identity(ground, &person).await?;
            let level = identity.map_or("not proved".to_owned(), |level| format!("proved at level {level}"));
            Ok(Answer::new(
                format!("'{username}' is now {}; the identity is {level}.", person.full_name()),
                json!({ "username": username, "name": person.full_name(), "identity": identity }),
            ))
        }
        Command::Edit(edit) => self::edit(edit, ground, by).await,
        Command::Approve { proofing } => {
            let approved = proofing::operators::approve_by_operator(ground, by, proofing).await?;
            Ok(Answer::new(format!("The proofing counts now, at level {}.", approved.basis.level), shown::proofing(&approved)))
        }
        Command::Revoke { proofing, reason } => {
            let revoked = proofing::revoke(ground, by, proofing, &reason).await?;
            Ok(Answer::new("The proofing counts no longer.", shown::proofing(&revoked)))
        }
    }
}

async fn unlock(unlock: Unlock, ground: &Ground, by: &Operator) -> anyhow::Result<Answer> {
    let Unlock { lock, factor, keep_factors } = unlock;
    let person = people::find(ground, &lock.username).await?;
    let removed = if lock.cause == Cause::Misuse {
        let choice = factor.map_or(if keep_factors { Choice::None } else { Choice::Reported }, Choice::This);
        misuse::lift(ground, by, person.id, &lock.reason, choice).await?
    } else {
        anyhow::ensure!(factor.is_none() && !keep_factors, "--factor and --keep-factors go with --cause misuse");
        // The machine's owner is as near to the source system as an administrator is.
        let hand = if lock.cause == Cause::Source { Hand::Source } else { Hand::Administrator };
        lifecycle::unlock(ground, by, hand, (person.id, lock.cause), &lock.reason).await?;
        Vec::new()
    };
    let standing = people::find(ground, &lock.username).await?.access(ground.clock.now()).as_str();
    let mut words = format!("The lock of the cause '{}' is lifted; '{}' is now: {standing}.", lock.cause.as_str(), lock.username);
    for one in &removed {
        words.push_str(&format!("\nThe second factor {} ({} '{}') is removed with it.", one.id, one.kind.as_str(), one.name));
    }
    let removed: Vec<Value> = removed.iter().map(|one| json!({ "id": one.id, "kind": one.kind, "name": one.name })).collect();
    Ok(Answer::new(words, json!({ "username": lock.username, "cause": lock.cause, "standing": standing, "factors_removed": removed })))
}

async fn edit(edit: Edit, ground: &Ground, by: &Operator) -> anyhow::Result<Answer> {
    let person = people::find(ground, &edit.username).await?.id;
    let email = if edit.no_email { Some(String::new()) } else { edit.email };
    let change = Change { username: edit.new_username, given_name: edit.given_name, family_name: edit.family_name, email };
    let person = details::change(ground, by, person, change).await?;
    let identity = proofing::identity(ground, &person).await?;
    let level = identity.map_or("not proved".to_owned(), |level| format!("proved at level {level}"));
    let address = person.email.as_deref().unwrap_or("no address");
    let mut json = shown::to_json(&person, ground.clock.now());
    if let Some(object) = json.as_object_mut() {
        object.insert("identity".to_owned(), json!(identity));
    }
    Ok(Answer::new(format!("'{}' is now {}, {address}; the identity is {level}.", person.username, person.full_name()), json))
}

async fn employ(employ: Employ, ground: &Ground, by: &Operator) -> anyhow::Result<Answer> {
    let person = people::find(ground, &employ.username).await?;
    if let Some(employment) = employ.remove {
        lifecycle::remove_employment(ground, by, person.id, employment).await?;
    } else if let Some(from) = employ.from {
        let ends_at = employ.until.map(|last| last.tomorrow().map_err(anyhow::Error::from).and_then(midnight)).transpose()?;
        let hired = Hired { id: employ.change, unit: employ.unit, title: employ.title, starts_at: midnight(from)?, ends_at };
        lifecycle::employ(ground, by, &person, hired).await?;
    }
    let standing = people::find(ground, &employ.username).await?.access(ground.clock.now()).as_str();
    Ok(Answer::new(
        format!("The employments of '{}' are changed; standing now: {standing}.", employ.username),
        json!({ "username": employ.username, "standing": standing }),
    ))
}

/// When the day begins in Denmark; in UTC where the machine knows no time zones.
fn midnight(day: Date) -> anyhow::Result<Timestamp> {
    let zone = TimeZone::get("Europe/Copenhagen").unwrap_or(TimeZone::UTC);
    Ok(day.to_zoned(zone)?.timestamp())
}

async fn role(command: RoleCommand, ground: &Ground, by: &Operator) -> anyhow::Result<Answer> {
    match command {
        RoleCommand::Grant { username, role, place } => {
            let person = people::find(ground, &username).await?;
            let scope = match place.as_deref() {
                None => role.usual_scope(person.organisation),
                Some("all") => Scope::Everywhere,
                Some(cvr) => Scope::Organisation(organisations::find(ground, Some(&cvr.parse()?)).await?.id),
            };
            roles::grant_in(ground, by, person.id, (role, scope)).await?;
            Ok(Answer::new(format!("'{username}' is now {}.", role.as_str()), json!({ "username": username, "granted": role })))
        }
        RoleCommand::Revoke { username, role } => {
            let ended = roles::revoke(ground, by, people::find(ground, &username).await?.id, role).await?;
            Ok(Answer::new(
                format!("'{username}' is no longer {}; {ended} session(s) ended.", role.as_str()),
                json!({ "username": username, "revoked": role, "sessions_ended": ended }),
            ))
        }
        RoleCommand::List { username } => {
            let granted = roles::of(ground, people::find(ground, &username).await?.id).await?;
            let known = organisations::list(ground).await?;
            let place = |scope: Scope| match scope {
                Scope::Everywhere => "all".to_owned(),
                Scope::Organisation(id) => known.iter().find(|one| one.id == id).map_or_else(|| id.to_string(), |one| one.cvr.to_string()),
            };
            let row = |one: &Grant| json!({ "role": one.role, "in": place(one.scope), "granted_by": one.granted_by, "granted_at": one.granted_at });
            let rows: Vec<Value> = granted.iter().map(row).collect();
            let columns = [("ROLE", "role"), ("IN", "in"), ("GRANTED BY", "granted_by"), ("AT", "granted_at")];
            Ok(Answer::table(&rows, &columns, "No role."))
        }
    }
}

async fn number(command: CprCommand, ground: &Ground, by: &Operator) -> anyhow::Result<Answer> {
    match command {
        CprCommand::Read { username, reason } => {
            let number = cpr::read(ground, by, people::find(ground, &username).await?.id, &reason).await?;
            let (first, last) = number.expose().split_at_checked(6).unwrap_or_default();
            Ok(Answer::new(format!("{first}-{last}"), json!({ "username": username, "cpr": format!("{first}-{last}") })))
        }
        CprCommand::Set { username } => {
            let number = ask::secret("CPR number")?.expose().parse::<Cpr>()?;
            let person = people::find(ground, &username).await?;
            cpr::set(ground, by, &person, &number).await?;
            let identity = proofing::identity(ground, &person).await?;
            let level = identity.map_or("is not proved (any longer)".to_owned(), |level| format!("is still proved at level {level}"));
            let twins = cpr::twins(ground, &person).await?;
            Ok(Answer::new(
                format!("The CPR number of '{username}' is set; the identity {level}.{}", shown::twins(&twins)),
                json!({ "username": username, "cpr": number.masked(), "identity": identity, "same_human": shown::user_names(&twins) }),
            ))
        }
        CprCommand::Find => {
            let number = ask::secret("CPR number")?.expose().parse::<Cpr>()?;
            let found = cpr::find(ground, &number).await?;
            let rows: Vec<Value> = found.iter().map(|person| shown::to_json(person, ground.clock.now())).collect();
            Ok(Answer::table(&rows, &[("USER NAME", "username"), ("NAME", "name"), ("STANDING", "standing")], "Nobody."))
        }
    }
}
