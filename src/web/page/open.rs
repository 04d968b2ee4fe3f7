//! Pages that are the same for everybody: the front door, help, and the accessibility statement.
//!
//! What never happens here: anything about a person.

use askama::Template;

use crate::web::page::Frame;

/// `GET /`: what this is, and the way to Min identitet.
#[derive(Debug, Template)]
#[template(path = "front.html")]
pub struct Front {
    /// The page around.
    pub frame: Frame,
}

/// `GET /help`: "can't log in?".
#[derive(Debug, Template)]
#[template(path = "help.html")]
pub struct Help {
    /// The page around.
    pub frame: Frame,
    /// Whom to ask: a mail address, telephone number or both, in the operator's words.
    pub contact: String,
}

/// `GET /accessibility`: the accessibility statement that Danish law asks of public bodies (lov 692, 8 June 2018).
#[derive(Debug, Template)]
#[template(path = "accessibility.html")]
pub struct Accessibility {
    /// The page around.
    pub frame: Frame,
    /// Whom to tell of a fault: a mail address, telephone number or both, in the operator's words.
    pub contact: String,
}
