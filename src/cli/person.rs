//! `portvagt person`: add, prove, suspend and reactivate people, and hand over what their first login needs. What belongs to
//! the life of an identity (locks, employments, roles, CPR) is in `life`; how a person is shown, in `shown`.

mod shown;
/// Locks, employments, roles, CPR numbers, names.
pub mod life;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    answer::Answer,
    ask,
    invite::{self, Invite},
    stand,
};
use crate::{
    base::id::Id,
    domain::{
        assurance::Level,
        factor::Authenticator,
        organisation::Cvr,
        person::{Access, Cpr, Username},
        proofing::{Method, State},
    },
    service::{
        cpr,
        ground::Ground,
        people::{self, Newcomer},
        proofing::operators::Told,
    },
};

/// Add and look after people.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a person; the password comes from standard input or a prompt, the activation code is printed once
    Add(Add),
    /// List people
    List {
        /// Only those whose name, user name or e-mail contains this
        filter: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 200)]
        limit: u32,
    },
    /// Show all there is to know of a person
    Show {
        /// Their user name
        username: Username,
    },
    /// Locks, employments, roles, names and CPR numbers
    #[command(flatten)]
    Life(life::Command),
    /// Suspend a person (an administrator's lock) and end all their sessions
    Suspend {
        /// Their user name
        username: Username,
    },
    /// Let a suspended person log in again
    Reactivate {
        /// Their user name
        username: Username,
    },
    /// Record an identity proofing
    Prove(Prove),
    /// Invite a person to take their identity into use, by mail or by a letter to be printed
    Invite(Invite),
    /// Make a new one-time activation code; an older one is void
    ActivationCode {
        /// Their user name
        username: Username,
    },
    /// Remove a second factor that was lost, and end all sessions; a new activation code lets its owner enrol another
    RemoveFactor {
        /// Their user name
        username: Username,
        /// The factor's id, as `person show` lists it
        #[arg(value_name = "ID")]
        factor: Id<Authenticator>,
    },
    /// Set a new password from standard input or a prompt, and end all sessions
    Password {
        /// Their user name
        username: Username,
    },
}

/// A person to add.
#[derive(Debug, Args)]
pub struct Add {
    /// What they log in with
    pub username: Username,
    /// Given name
    #[arg(long)]
    pub given_name: String,
    /// Family name
    #[arg(long)]
    pub family_name: String,
    /// Work e-mail
    #[arg(long)]
    pub email: Option<String>,
    /// CVR number of the employer; may be left out when there is one organisation
    #[arg(long, value_name = "CVR")]
    pub organisation: Option<Cvr>,
    /// The person's UUID at MitID Erhverv; without it a fresh one is made
    #[arg(long, value_name = "UUID")]
    pub persistent_uuid: Option<Uuid>,
    /// Ask for a CPR number too: the line after the password, if there is one
    #[arg(long)]
    pub with_cpr: bool,
    /// The person administers Portvagt
    #[arg(long)]
    pub administrator: bool,
    /// Set no password: the person is invited and chooses their own
    #[arg(long)]
    pub without_password: bool,
}

/// A proofing to record.
#[derive(Debug, Args)]
pub struct Prove {
    /// Whose identity
    pub username: Username,
    /// in-person, or earlier (an earlier proofing taken over with its evidence)
    #[arg(long)]
    pub method: Method,
    /// The level reached: low, substantial or high
    #[arg(long)]
    pub level: Level,
    /// What was seen: document kind, issuer, reference; never a CPR number
    #[arg(long)]
    pub evidence: String,
    /// The registrant who did it
    #[arg(long)]
    pub by: String,
}

/// Does one of them. `base_url` is the configured address, for invitations.
pub async fn run(command: Command, ground: &Ground, base_url: &str) -> anyhow::Result<Answer> {
    let by = stand::operator();
    match command {
        Command::Add(add) => self::add(add, ground).await,
        Command::Life(command) => life::run(command, ground, &by).await,
        Command::List { filter, limit } => {
            let found = people::list(ground, filter.as_deref().unwrap_or_default(), limit.into()).await?;
            let rows: Vec<Value> = found.iter().map(|person| shown::to_json(person, ground.clock.now())).collect();
            let columns = [("USER NAME", "username"), ("NAME", "name"), ("E-MAIL", "email"), ("STANDING", "standing")];
            Ok(Answer::table(&rows, &columns, "Nobody."))
        }
        Command::Show { username } => Ok(shown::record(&people::record(ground, &username).await?, ground)),
        Command::Suspend { username } => {
            let ended = people::suspend(ground, &by, &username).await?;
            Ok(Answer::new(
                format!("'{username}' is suspended; {ended} session(s) ended."),
                json!({ "username": username, "standing": "locked", "sessions_ended": ended }),
            ))
        }
        Command::Reactivate { username } => {
            people::reactivate(ground, &by, &username).await?;
            let standing = people::find(ground, &username).await?.access(ground.clock.now());
            let words = match standing {
                Access::Open => format!("'{username}' may log in again."),
                _ => format!("The administrator's lock is lifted; '{username}' is still kept out: {}.", standing.as_str()),
            };
            Ok(Answer::new(words, json!({ "username": username, "standing": standing.as_str() })))
        }
        Command::Prove(prove) => {
            let proof = Told { method: prove.method, level: prove.level, evidence: prove.evidence, proved_by: prove.by };
            let proofing = people::prove(ground, &by, &prove.username, proof).await?;
            let words = match proofing.basis.state {
                State::Waiting => format!(
                    "The proofing is recorded. Level {} counts when a second person has approved it: portvagt person approve {}",
                    proofing.basis.level, proofing.id
                ),
                _ => format!("The identity of '{}' is proved at level {}.", prove.username, proofing.basis.level),
            };
            Ok(Answer::new(words, shown::proofing(&proofing)))
        }
        Command::Invite(invite) => invite::run(invite, ground, base_url).await,
        Command::ActivationCode { username } => {
            let code = people::activation_code(ground, &by, &username).await?.to_text();
            Ok(Answer::new(
                format!("Activation code of '{username}', shown only now: {code}\n{}", lifetime(ground)),
                json!({ "username": username, "activation_code": code }),
            ))
        }
        Command::RemoveFactor { username, factor } => {
            let ended = people::remove_factor(ground, &by, &username, factor).await?;
            Ok(Answer::new(
                format!("The second factor is removed; {ended} session(s) of '{username}' ended."),
                json!({ "username": username, "removed": factor, "sessions_ended": ended }),
            ))
        }
        Command::Password { username } => {
            let set = people::set_password(ground, &by, &username, &ask::new_password()?).await;
            let ended = set?;
            Ok(Answer::new(
                format!("The password of '{username}' is changed; {ended} session(s) ended."),
                json!({ "username": username, "sessions_ended": ended }),
            ))
        }
    }
}

async fn add(add: Add, ground: &Ground) -> anyhow::Result<Answer> {
    let password = if add.without_password { None } else { Some(ask::new_password()?) };
    let cpr = if add.with_cpr { Some(ask::secret("CPR number")?.expose().parse::<Cpr>()?) } else { None };
    let newcomer = Newcomer {
        organisation: add.organisation,
        username: add.username,
        given_name: add.given_name,
        family_name: add.family_name,
        email: add.email,
        persistent_uuid: add.persistent_uuid,
        cpr,
        administrator: add.administrator,
        password,
    };
    let added = people::add(ground, &stand::operator(), newcomer).await;
    let (person, code) = added?;
    let code = code.map(|code| code.to_text());
    let name = &person.username;
    let words = match &code {
        Some(code) => format!(
            "'{name}' is added. Activation code for the first login, shown only now: {code}\n{}\n\
             Next, record how the identity was proved: portvagt person prove {name} --method in-person --level substantial --evidence ... --by ...",
            lifetime(ground)
        ),
        None => format!("'{name}' is added, without a password. Next, invite them: portvagt person invite {name} --by mail"),
    };
    let twins = cpr::twins(ground, &person).await?;
    let mut json = shown::to_json(&person, ground.clock.now());
    if let Some(object) = json.as_object_mut() {
        object.insert("activation_code".to_owned(), code.into());
        object.insert("same_human".to_owned(), json!(shown::user_names(&twins)));
    }
    Ok(Answer::new(words + &shown::twins(&twins), json))
}

fn lifetime(ground: &Ground) -> String {
    let minutes = ground.rules.activation_seconds / 60;
    let lifetime = if minutes % 60 == 0 { format!("{} hour(s)", minutes / 60) } else { format!("{minutes} minutes") };
    format!("Hand it over apart from the password; it ends after {lifetime}.")
}
