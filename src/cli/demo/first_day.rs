//! A new employee's first day in the demo: somebody added without a password whose invitation lies in the mailbox, terms to
//! accept, and a registrant at the desk. Only where there is a mailbox to find the invitation in.

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

/// The newcomer: name and CPR number, for whoever plays MitID.
pub(super) const NAMES: (&str, &str) = ("Emil", "Holm");
pub(super) const CPR: &str = "6606856666";
const USERNAME: &str = "emil";
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
    let username: Username = USERNAME.parse()?;
    if people::find(ground, &username).await.is_err() {
        let newcomer = Newcomer {
            organisation: Some(cvr),
            username: username.clone(),
            given_name: NAMES.0.to_owned(),
            family_name: NAMES.1.to_owned(),
            email: Some(format!("{username}@testkommune.example")),
            persistent_uuid: None,
            cpr: Some(CPR.parse()?),
            administrator: false,
            password: None,
        };
        people::add(ground, by, newcomer).await?;
    }
    if people::record(ground, &username).await?.authenticators.is_empty() {
        let emil = people::find(ground, &username).await?;
        invitation::invite(ground, by, &emil, Channel::Mail).await?;
    }
    Ok(())
}

/// What to try, for the message.
pub(super) const WALK: &str = "\nA new employee's first day:\n\n\
     \x20 1. Open the mailbox: Emil Holm is invited, with a code. Follow the address in the mail; his user name is emil.\n\
     \x20 2. Show who he is: with MitID, as Emil Holm. As anybody else nothing is activated.\n\
     \x20 3. Accept the terms, choose a password, and enrol a passkey or an app. Look into the mailbox again.\n\
     \x20 4. Without MitID: log in as dorte, the registrant, go to /desk, find emil, and hand over a code.\n\
     \x20 5. Forget Emil's password, or lose his phone: the link on the login page leads through MitID or the desk again.\n";
