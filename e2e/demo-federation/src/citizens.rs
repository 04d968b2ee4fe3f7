//! Who can be chosen where MitID is played: the demonstration's people, or somebody the visitor makes up, so that people added
//! by hand have a MitID too. A number that somebody might have is never taken. Next: the rooms that prove people.

use portvagt::{
    cli::demo::{Citizen, citizens},
    domain::person::Cpr,
};

/// What the button of the form for somebody made up says.
const ANOTHER: &str = "another";
/// The longest name that is taken.
const LONGEST_NAME: usize = 100;

/// Whom the fields of a form name: `citizen`, and `name` and `cpr` of somebody made up.
pub fn chosen(field: impl Fn(&str) -> String) -> Option<Citizen> {
    let citizen = field("citizen");
    if citizen == ANOTHER { made_up(&field("name"), &field("cpr")) } else { citizens().find(|one| one.cpr == citizen) }
}

/// Somebody with a number that nobody can have: 60 is added to its day.
fn made_up(name: &str, cpr: &str) -> Option<Citizen> {
    let (name, cpr) = (name.trim(), cpr.parse::<Cpr>().ok()?);
    let sound = !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    (sound && cpr.expose() >= "61").then(|| Citizen { name: name.to_owned(), cpr: cpr.expose().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(citizen: &str, name: &str, cpr: &str) -> Option<(String, String)> {
        let fields = [("citizen", citizen), ("name", name), ("cpr", cpr)];
        let field = |name: &str| fields.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()).unwrap_or_default();
        chosen(field).map(|citizen| (citizen.name, citizen.cpr))
    }

    #[test]
    fn the_demo_s_people_and_somebody_made_up_and_no_number_that_somebody_has() {
        let anna = citizens().next().unwrap();
        assert_eq!(of(&anna.cpr, "", ""), Some((anna.name, anna.cpr)));
        assert_eq!(of("another", " Ida Ørsted ", "650190-0001"), Some(("Ida Ørsted".to_owned(), "6501900001".to_owned())));
        for (citizen, name, cpr) in [
            ("another", "Ida Ørsted", "0501900001"),
            ("another", "Ida Ørsted", "3112900001"),
            ("another", "Ida Ørsted", "6599900001"),
            ("another", "Ida Ørsted", ""),
            ("another", " ", "6501900001"),
            ("another", "Ida\nØrsted", "6501900001"),
            ("6501900001", "Ida Ørsted", "6501900001"),
            ("", "", ""),
        ] {
            assert_eq!(of(citizen, name, cpr), None, "{citizen} {name} {cpr}");
        }
        assert_eq!(of("another", &"x".repeat(LONGEST_NAME + 1), "6501900001"), None);
    }
}
