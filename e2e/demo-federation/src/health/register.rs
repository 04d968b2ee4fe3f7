//! Whom the STS knows by their UUID: made-up people with made-up authorisations and national roles. Next: `sts`.

use super::fault::Fault;

/// The word that asks for no role at all.
pub const NO_ROLE: &str = "urn:dk:healthcare:no-role";

/// Somebody in the register.
#[derive(Debug, Clone)]
pub struct Clinician {
    /// By which tokens name them.
    pub uuid: String,
    /// A CPR number that nobody can have.
    pub cpr: String,
    /// Given name and family name.
    pub names: (String, String),
    /// Authorisations: code, and the education's number.
    pub authorisations: Vec<(String, String)>,
    /// National roles, as URNs.
    pub roles: Vec<String>,
}

/// What a person acts as on a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting {
    /// The education's number or the role's URN; nothing for no role.
    pub role: Option<String>,
    /// The authorisation's code.
    pub authorisation: Option<String>,
}

impl Clinician {
    /// As what they may act, when a role or an authorisation is asked for.
    pub fn acting(&self, role: Option<&str>, authorisation: Option<&str>) -> Result<Acting, Fault> {
        let as_authorised =
            |(code, education): &(String, String)| Acting { role: Some(education.clone()), authorisation: Some(code.clone()) };
        let listed = || self.authorisations.iter().map(|(code, role)| format!("{{{code}, {role}}}")).collect::<Vec<_>>().join(", ");
        match (role, authorisation) {
            (Some(NO_ROLE), _) => Ok(Acting { role: None, authorisation: None }),
            (None, Some(code)) => {
                let found = self.authorisations.iter().find(|(known, _)| known == code).map(as_authorised);
                found.ok_or_else(|| Fault::authorisation(format!("authorization not found (available [{}])", listed())))
            }
            (Some(role), None) if role.starts_with("urn:") => self.with_role(role),
            (Some(education), None) => {
                match self.authorisations.iter().filter(|(_, known)| known == education).collect::<Vec<_>>().as_slice() {
                    [] => Err(Fault::authorisation("Authentication failed: missing authorization".to_owned())),
                    [one] => Ok(as_authorised(one)),
                    _ => Err(Fault::authorisation(format!("multiple authorizations found ([{}])", listed()))),
                }
            }
            // Both together were refused before.
            _ => match (self.authorisations.as_slice(), self.roles.as_slice()) {
                ([one], _) => Ok(as_authorised(one)),
                ([], [one]) => Ok(Acting { role: Some(one.clone()), authorisation: None }),
                ([], []) => Err(Fault::authorisation("Authentication failed: missing authorization".to_owned())),
                ([], several) => Err(Fault::authorisation(format!("multiple national roles found ({})", several.join(", ")))),
                _ => Err(Fault::authorisation(format!("multiple authorizations found ([{}])", listed()))),
            },
        }
    }

    fn with_role(&self, role: &str) -> Result<Acting, Fault> {
        if !role.starts_with("urn:dk:healthcare:national-federation-role:code:") {
            return Err(Fault::authorisation(format!("invalid role supplied ({role})")));
        }
        let has = self.roles.iter().any(|known| known == role);
        has.then(|| Acting { role: Some(role.to_owned()), authorisation: None })
            .ok_or_else(|| Fault::authorisation(format!("user does not have the requested role ({role})")))
    }
}
