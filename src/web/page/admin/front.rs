//! The console's front page, and the table of who may do what.

use askama::Template;

use super::{Held, Nav, Room};
use crate::{
    domain::{
        right::{ACTS, Care, Row},
        role::ROLES,
    },
    web::page::Frame,
};

/// `GET /admin`.
#[derive(Debug, Template)]
#[template(path = "admin/front.html")]
pub struct Front {
    /// The page around.
    pub frame: Frame,
    /// The rooms open to the visitor.
    pub nav: Nav,
    /// Their roles.
    pub held: Vec<Held>,
}

/// `GET /admin/rights`: the table that the program itself goes by.
#[derive(Debug, Template)]
#[template(path = "admin/rights.html")]
pub struct Rights {
    /// The page around.
    pub frame: Frame,
    /// The rooms open to the visitor.
    pub nav: Nav,
}

impl Rights {
    fn act(&self, row: &Row) -> String {
        self.frame.t(&format!("act-{}", row.word.replace('.', "-"))).into_owned()
    }

    fn roles(&self, row: &Row) -> String {
        let names = ROLES.iter().filter(|role| row.roles.contains(role)).map(|role| self.frame.role(role).into_owned());
        names.collect::<Vec<_>>().join(", ")
    }
}
