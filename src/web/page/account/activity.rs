//! What happened to oneself, in words a person understands. Every kind of event of the trail has its words here; one that
//! has none is shown as another event, with its time and incident code.

use std::borrow::Cow;

use askama::Template;

use crate::{
    domain::{factor::Kind, role::Role},
    service::activity::{Deed, Who},
    web::page::Frame,
};

/// What an event of the trail is called here. The first word of a pair is the event's kind.
const WORDS: &[(&str, &str)] = &[
    ("login.succeeded", "deed-login"),
    ("login.stepped_up", "deed-confirmed"),
    ("account.locked", "deed-paused"),
    ("mfa.locked", "deed-paused"),
    ("saml.assertion.issued", "deed-service"),
    ("session.ended", "deed-logged-out"),
    ("slo.told", "deed-logged-out-there"),
    ("slo.not_told", "deed-not-logged-out-there"),
    ("authenticator.added", "deed-factor-added"),
    ("authenticator.removed", "deed-factor-removed"),
    ("authenticator.renamed", "deed-factor-renamed"),
    ("password.set", "deed-password"),
    ("password.rehashed", "deed-password-guarded"),
    ("activation.issued", "deed-code-issued"),
    ("code.released", "deed-code-released"),
    ("code.withdrawn", "deed-code-withdrawn"),
    ("authenticator.attached", "deed-attached"),
    ("authenticator.proved", "deed-attached-proved"),
    ("activation.used", "deed-code-used"),
    ("person.added", "deed-person-added"),
    ("person.renamed", "deed-renamed"),
    ("person.username_changed", "deed-username"),
    ("person.address_changed", "deed-address"),
    ("person.uuid_stated", "deed-uuid"),
    ("person.locked", "deed-locked"),
    ("person.unlocked", "deed-unlocked"),
    ("employment.saved", "deed-employment"),
    ("cpr.set", "deed-cpr-set"),
    ("cpr.read", "deed-cpr-read"),
    ("role.granted", "deed-role-granted"),
    ("role.revoked", "deed-role-revoked"),
    ("authz.denied", "deed-denied"),
    ("request.made", "deed-request"),
    ("request.approved", "deed-request-approved"),
    ("request.refused", "deed-request-refused"),
    ("request.withdrawn", "deed-request-withdrawn"),
    ("person.closed", "deed-closed"),
    ("person.reopened", "deed-reopened"),
    ("trail.read", "deed-trail-read"),
    ("terms.accepted", "deed-terms"),
    ("identity.approved", "deed-approved"),
    ("identity.revoked", "deed-proof-revoked"),
    ("identity.refused", "deed-proof-refused"),
    ("person.language_chosen", "deed-language"),
    ("identity.proved", "deed-proved"),
    ("invitation.issued", "deed-invited"),
    ("invitation.used", "deed-code-used"),
    ("recovery.issued", "deed-recovery"),
    ("identification.succeeded", "deed-identified"),
    ("identification.refused", "deed-not-identified"),
    ("mitid.answered", "deed-mitid"),
    ("mitid.used", "deed-mitid"),
    ("mitid.refused", "deed-not-identified"),
    ("identity.activated", "deed-activated"),
    ("identity.recovered", "deed-recovered"),
    ("misuse.reported", "deed-reported"),
    ("gdpr.export", "deed-export"),
];

/// What a failed login is called, by the reason written down.
const FAILURES: &[(&str, &str)] = &[
    ("wrong_password", "deed-failed-password"),
    ("password_too_long", "deed-failed-password"),
    ("wrong_code", "deed-failed-code"),
    ("replay", "deed-failed-code"),
    ("user_inactive", "deed-failed-locked"),
];

fn word(list: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    list.iter().find(|(known, _)| *known == name).map(|(_, key)| *key)
}

impl Frame {
    /// What happened, in a few words.
    pub fn deed(&self, deed: &Deed) -> Cow<'static, str> {
        if deed.kind == "login.failed" {
            let reason = deed.details.get("reason").map_or("", String::as_str);
            return self.t(word(FAILURES, reason).unwrap_or("deed-failed-other"));
        }
        self.t(word(WORDS, &deed.kind).unwrap_or("deed-other"))
    }

    /// Who did it, in a few words.
    pub fn who(&self, who: Who) -> Cow<'static, str> {
        self.t(match who {
            Who::Oneself => "doer-oneself",
            Who::Somebody => "doer-somebody",
            Who::Staff(Some(Role::Administrator)) => "doer-role-administrator",
            Who::Staff(Some(Role::Registrant)) => "doer-role-registrant",
            Who::Staff(Some(Role::Supporter)) => "doer-role-supporter",
            Who::Staff(Some(Role::UserAdministrator)) => "doer-role-user-administrator",
            Who::Staff(Some(Role::SecurityOfficer)) => "doer-role-security-officer",
            Who::Staff(Some(Role::FederationAdministrator | Role::Auditor) | None) => "doer-staff",
            Who::Administrator => "doer-administrator",
            Who::Service => "doer-service",
            Who::Portvagt => "doer-portvagt",
        })
    }

    /// The kind of authenticator it was about, if it was.
    pub fn deed_kind(&self, deed: &Deed) -> Option<Cow<'static, str>> {
        let word = deed.details.get("kind").or_else(|| deed.details.get("factor"))?;
        word.parse::<Kind>().ok().map(|kind| self.kind(&kind))
    }
}

/// Whether one can say that it was not one's own doing, and in which words.
fn objection(deed: &Deed) -> Option<&'static str> {
    match deed.who {
        Who::Portvagt => None,
        Who::Oneself | Who::Somebody | Who::Service => Some("activity-not-me"),
        Who::Staff(_) | Who::Administrator => Some("activity-unknown"),
    }
}

/// Whether nobody came in by it.
fn is_failure(deed: &Deed) -> bool {
    matches!(deed.kind.as_str(), "login.failed" | "account.locked" | "mfa.locked")
}

/// `GET /account/activity`, `?before=` for older pages. Links lead to `/account/activity/report?event=`.
#[derive(Debug, Template)]
#[template(path = "account/activity.html")]
pub struct Activity {
    /// The page around.
    pub frame: Frame,
    /// Newest first.
    pub deeds: Vec<Deed>,
    /// The key of the next page, if there is one.
    pub older: Option<String>,
    /// It is the first page.
    pub newest: bool,
}

/// `GET /account/activity/report?event=`: asks first. Posts `csrf` and `event` to `/account/activity/report`.
#[derive(Debug, Template)]
#[template(path = "account/report.html")]
pub struct Report {
    /// The page around.
    pub frame: Frame,
    /// What is said not to be one's own doing.
    pub deed: Deed,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events of no single person, and the mails that a page of deeds leaves out.
    const NOT_ABOUT_A_PERSON: [&str; 12] = [
        "cpr.sought",
        "trail.exported",
        "trail.verified",
        "saml.response.error",
        "organisation.saved",
        "unit.saved",
        "terms.published",
        "relying_party.saved",
        "relying_party.removed",
        "retention.run",
        "server.started",
        "login.failed",
    ];

    #[test]
    fn every_event_about_a_person_has_its_words() {
        let source = include_str!("../../../domain/audit.rs");
        let kinds = source.lines().filter_map(|line| line.trim().strip_prefix("Self::")?.split_once("=> \"")?.1.strip_suffix("\","));
        let mut count = 0;
        for kind in kinds.filter(|kind| !kind.starts_with("mail.") && !NOT_ABOUT_A_PERSON.contains(kind)) {
            assert!(word(WORDS, kind).is_some(), "{kind} has no words: add it to WORDS, with a text in both language files");
            count += 1;
        }
        assert!(count > 30, "{count} kinds were read");
    }
}
