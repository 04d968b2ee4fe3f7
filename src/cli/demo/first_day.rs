//! A new employee's first day in the demo: two people added without a password whose invitations lie in the mailbox, one for the
//! road by MitID and one for the desk, terms to accept, and a registrant. Only where there is a mailbox to find invitations in.

use super::CVR;
use crate::{
    domain::{invitation::Channel, person::Username, role::Role},
    service::{
        activation::invitation,
        ground::Ground,
        operator::Operator,
        organisations,
        people::{self, Newcomer},
        roles, terms,
    },
};

/// Somebody new.
pub(super) struct Newly {
    username: &'static str,
    /// Given and family name.
    pub(super) names: (&'static str, &'static str),
    /// A CPR number that nobody can have.
    pub(super) cpr: &'static str,
}

/// The newcomers; whoever plays MitID knows them, too.
pub(super) const NEWCOMERS: [Newly; 2] = [
    Newly { username: "emil", names: ("Emil", "Holm"), cpr: "6606856666" },
    Newly { username: "freja", names: ("Freja", "Krogh"), cpr: "6707867777" },
];
const REGISTRANT: &str = "dorte";

const DANISH: &str = include_str!("terms.da.txt");
const ENGLISH: &str = include_str!("terms.en.txt");

/// Makes what is missing of it. Who has begun to work already is not invited again.
pub(super) async fn prepare(ground: &Ground, by: &Operator) -> anyhow::Result<()> {
    let cvr = CVR.parse()?;
    let organisation = organisations::find(ground, Some(&cvr)).await?.id;
    if terms::current(ground, organisation).await?.is_none() {
        terms::publish(ground, by, organisation, (DANISH, ENGLISH)).await?;
    }
    let registrant = people::find(ground, &REGISTRANT.parse()?).await?.id;
    if !roles::has(ground, registrant, Role::Registrant).await? {
        roles::grant(ground, by, registrant, Role::Registrant).await?;
    }
    for one in &NEWCOMERS {
        invite(ground, by, one).await?;
    }
    Ok(())
}

async fn invite(ground: &Ground, by: &Operator, one: &Newly) -> anyhow::Result<()> {
    let username: Username = one.username.parse()?;
    if people::find(ground, &username).await.is_err() {
        let (given_name, family_name) = one.names;
        let newcomer = Newcomer {
            organisation: Some(CVR.parse()?),
            username: username.clone(),
            given_name: given_name.to_owned(),
            family_name: family_name.to_owned(),
            email: Some(format!("{username}@testkommune.example")),
            persistent_uuid: None,
            cpr: Some(one.cpr.parse()?),
            administrator: false,
            password: None,
        };
        people::add(ground, by, newcomer).await?;
    }
    if people::record(ground, &username).await?.authenticators.is_empty() {
        let person = people::find(ground, &username).await?;
        invitation::invite(ground, by, &person, Channel::Mail).await?;
    }
    Ok(())
}

/// What to try, for the message.
pub(super) const WALK: &str = "\nA new employee's first day:\n\n\
     \x20 1. Open the mailbox: Emil Holm is invited. Follow the address in the mail, and type his user name and the code from it.\n\
     \x20 2. Show who he is: with MitID, as Emil Holm. As anybody else nothing is activated.\n\
     \x20 3. Accept the terms, as everybody does before their first service; choose a password, and enrol a passkey or an app.\n\
     \x20    Then open the demo service as Emil.\n\
     \x20 4. Lock his identity from the login page, and open it again with MitID. Look into the mailbox again.\n\
     \x20 5. Forget his password, or lose his phone: a link on the login page leads through MitID or the desk again.\n\
     \x20 6. Freja Krogh is invited too; say she has no MitID. In another browser log in at Portvagt as dorte, the registrant: choose\n\
     \x20    Registration, find freja, record what she shows, and hand over a code. Freja types it in place of MitID.\n";
