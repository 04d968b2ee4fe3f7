//! Rights in the console: one table says which roles may do which act. A right belongs to the act, not to a page; each act
//! is a type, so that a handler or service that does it can ask for the proof by its parameter (`service::rights`).

use crate::domain::role::{Grant, Role};

/// How much care an act takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// It shows something.
    Reads,
    /// It changes somebody's identity, or shows what is confidential: never on oneself, never on somebody who holds a right
    /// one lacks, and only by a login with two factors a few minutes old.
    Acts,
}

/// An act of the console.
pub trait Act: std::fmt::Debug + Send + Sync + 'static {
    /// Its name in the table, in logs and in the trail.
    const WORD: &'static str;
    /// How much care it takes.
    const CARE: Care;
    /// Whose right it is.
    const ROLES: &'static [Role];
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The act.
    pub word: &'static str,
    /// How much care it takes.
    pub care: Care,
    /// Whose right it is.
    pub roles: &'static [Role],
}

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $care:ident, [$($role:ident),+];)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;
            impl Act for $name {
                const WORD: &'static str = $word;
                const CARE: Care = Care::$care;
                const ROLES: &'static [Role] = &[$(Role::$role),+];
            }
        )+
        /// The table: act, care, whose right it is.
        pub const ACTS: &[Row] = &[$(Row { word: $word, care: Care::$care, roles: &[$(Role::$role),+] }),+];
    };
}

acts! {
    /// Enter the console.
    Enter = "console.enter", Reads,
        [Administrator, UserAdministrator, Registrant, Supporter, FederationAdministrator, SecurityOfficer, Auditor];
    /// Find people and see one's state.
    SeePeople = "people.see", Reads, [Administrator, UserAdministrator, Registrant, Supporter, SecurityOfficer, Auditor];
    /// Create a person.
    AddPerson = "people.add", Acts, [Administrator, UserAdministrator];
    /// Change a person's names, user name or address.
    EditPerson = "people.edit", Acts, [Administrator, UserAdministrator];
    /// Invite a person to take their identity into use.
    InvitePerson = "people.invite", Acts, [Administrator, UserAdministrator, Supporter];
    /// Lock a person out.
    LockPerson = "people.lock", Acts, [Administrator, UserAdministrator, Supporter, SecurityOfficer];
    /// Lift a lock.
    UnlockPerson = "people.unlock", Acts, [Administrator, UserAdministrator, SecurityOfficer];
    /// End a person's sessions.
    EndSessions = "people.end-sessions", Acts, [Administrator, UserAdministrator, Supporter, SecurityOfficer];
    /// Remove a second factor; the last one waits for a second person.
    RemoveFactor = "people.remove-factor", Acts, [Administrator, UserAdministrator, Supporter];
    /// Read a CPR number in full.
    ReadCpr = "people.read-cpr", Acts, [Administrator, UserAdministrator, Registrant];
    /// End a person's employment now.
    ClosePerson = "people.close", Acts, [Administrator, UserAdministrator];
    /// Begin a new employment now.
    ReopenPerson = "people.reopen", Acts, [Administrator, UserAdministrator];
    /// Ask for a role for somebody; a second person grants it.
    AskForRole = "roles.ask", Acts, [Administrator];
    /// Take a role back.
    RevokeRole = "roles.revoke", Acts, [Administrator, SecurityOfficer];
    /// See what waits for a second person.
    SeeRequests = "requests.see", Reads, [Administrator, UserAdministrator, SecurityOfficer, Auditor];
    /// Approve that somebody is given a role.
    ApproveRole = "requests.approve-role", Acts, [Administrator, SecurityOfficer];
    /// Approve that somebody's last second factor is removed.
    ApproveReset = "requests.approve-reset", Acts, [Administrator, UserAdministrator, SecurityOfficer];
    /// Read the audit trail.
    ReadTrail = "trail.read", Reads, [Administrator, SecurityOfficer, Auditor];
    /// See the relying parties.
    SeeServices = "services.see", Reads, [Administrator, FederationAdministrator, SecurityOfficer, Auditor];
    /// Serve a relying party, or no longer.
    SwitchService = "services.switch", Acts, [Administrator, FederationAdministrator];
    /// Prove identities at the desk.
    Prove = "identities.prove", Acts, [Registrant];
}

/// Whether somebody with the grants `own` may act on somebody with the grants `theirs`: who holds a right that one lacks is
/// out of reach. An administrator's reach is everybody within its scope.
pub fn covers(own: &[Grant], theirs: &[Grant]) -> bool {
    let holds = |act: &Row, their: &Grant| {
        let mut able = own.iter().filter(|grant| act.roles.contains(&grant.role) || grant.role == Role::Administrator);
        able.any(|grant| grant.scope.covers(their.scope))
    };
    theirs.iter().all(|their| ACTS.iter().filter(|act| act.roles.contains(&their.role)).all(|act| holds(act, their)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::id::Id,
        domain::role::{ROLES, Scope},
    };

    fn grant(role: Role, scope: Scope) -> Grant {
        Grant { role, scope, granted_by: String::new(), granted_at: jiff::Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn every_role_has_a_right_of_its_own_and_the_auditor_changes_nothing() {
        for role in ROLES {
            assert!(ACTS.iter().filter(|act| act.roles.contains(&role)).count() >= 2, "{role:?}");
        }
        for act in ACTS.iter().filter(|act| act.roles.contains(&Role::Auditor)) {
            assert_eq!(act.care, Care::Reads, "{}", act.word);
        }
        let words: std::collections::BTreeSet<_> = ACTS.iter().map(|act| act.word).collect();
        assert_eq!(words.len(), ACTS.len());
    }

    #[test]
    fn nobody_reaches_whoever_holds_a_right_they_lack() {
        let [here, there] = [1, 2].map(|number| Scope::Organisation(Id::from_uuid(uuid::Uuid::from_u128(number))));
        use Role::{Administrator as Admin, Auditor, Registrant, Supporter, UserAdministrator as Users};
        for (own, theirs, reaches) in [
            (vec![grant(Admin, Scope::Everywhere)], vec![grant(Admin, Scope::Everywhere)], true),
            (vec![grant(Admin, Scope::Everywhere)], vec![grant(Registrant, here)], true),
            (vec![grant(Admin, here)], vec![grant(Admin, Scope::Everywhere)], false),
            (vec![grant(Admin, here)], vec![grant(Supporter, there)], false),
            (vec![grant(Users, here)], vec![], true),
            (vec![grant(Users, here)], vec![grant(Supporter, here)], true),
            (vec![grant(Users, here)], vec![grant(Supporter, there)], false),
            (vec![grant(Users, here)], vec![grant(Registrant, here)], false),
            (vec![grant(Users, here), grant(Registrant, here)], vec![grant(Registrant, here)], true),
            (vec![grant(Users, here)], vec![grant(Auditor, here)], false),
            (vec![grant(Supporter, here)], vec![grant(Users, here)], false),
            (vec![], vec![grant(Supporter, here)], false),
        ] {
            assert_eq!(covers(&own, &theirs), reaches, "{own:?} over {theirs:?}");
        }
    }
}
