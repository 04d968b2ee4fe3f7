//! Every combination of proofing, authenticator kind, provenance, lock, age and organisation gives the level the tables say.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::domain::{authenticator::Models, proofing::State};

const NOW: &str = "2026-11-24T12:00:00Z";
const POLICY: ProofingPolicy = ProofingPolicy { ends_with_document: true, by_command_line: true };

/// Whoever attests is believed.
static AUTHENTICATORS: AuthenticatorPolicy = AuthenticatorPolicy {
    attested: Level::High,
    models: Models::AllBut(BTreeSet::new()),
    device_bound: Level::Substantial,
    synced: Level::Substantial,
    totp: Level::Substantial,
};

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// A person's records, in words: `level[/what is wrong with it]`.
fn records(words: &str) -> Vec<Basis> {
    words
        .split_whitespace()
        .map(|word| {
            let (level, wrong) = word.split_once('/').unwrap_or((word, ""));
            let mut basis = Basis {
                level: level.parse().unwrap(),
                state: State::Valid,
                name: "Anna Jensen".to_owned(),
                cpr_index: Some(vec![1]),
                document_expires: Some("2026-11-24".parse().unwrap()),
            };
            match wrong {
                "" => {}
                "waiting" => basis.state = State::Waiting,
                "revoked" => basis.state = State::Revoked,
                "number" => basis.cpr_index = Some(vec![2]),
                "name" => basis.name = "Anna Hansen".to_owned(),
                "document" => basis.document_expires = Some("2026-11-23".parse().unwrap()),
                other => panic!("{other}"),
            }
            basis
        })
        .collect()
}

/// Evidence as it is stored: `kind[/what it carries]`, `webauthn` with user verification, `touch` without.
fn evidence(words: &str) -> Evidence {
    let uses: Vec<_> = words
        .split_whitespace()
        .map(|word| {
            let (kind, carries) = word.split_once('/').unwrap_or((word, "low"));
            let (kind, verified) = match kind {
                "touch" => ("webauthn", false),
                "webauthn" => ("webauthn", true),
                other => (other, false),
            };
            let provenance = (kind == "webauthn").then_some("attested");
            json!({ "kind": kind, "authenticator": null, "at": NOW, "user_verified": verified, "provenance": provenance, "carries": carries })
        })
        .collect();
    serde_json::from_value(json!({ "uses": uses })).unwrap()
}

fn level(word: &str) -> Option<Level> {
    word.parse().ok()
}

/// Records, the level they prove, and what would raise it.
const PROOFINGS: &[(&str, &str, Raise)] = &[
    ("", "none", Raise::Prove),
    ("low", "low", Raise::Prove),
    ("substantial", "substantial", Raise::Prove),
    ("high", "high", Raise::Prove),
    ("high/waiting", "none", Raise::Approve),
    ("substantial high/waiting", "substantial", Raise::Approve),
    ("substantial/revoked", "none", Raise::ProveAgain(Lapse::Revoked)),
    ("substantial/number", "none", Raise::ProveAgain(Lapse::OtherCpr)),
    ("substantial/name", "none", Raise::ProveAgain(Lapse::OtherName)),
    ("substantial/document", "none", Raise::ProveAgain(Lapse::DocumentExpired)),
    ("low substantial/revoked", "low", Raise::ProveAgain(Lapse::Revoked)),
    ("high/revoked high/name substantial", "substantial", Raise::ProveAgain(Lapse::OtherName)),
];

/// Kinds and provenance of the factors used, and the level they carry.
const FACTORS: &[(&str, &str, Raise)] = &[
    ("", "low", Raise::SecondFactor),
    ("password", "low", Raise::SecondFactor),
    ("password/high", "low", Raise::SecondFactor),
    ("totp/substantial", "low", Raise::SecondFactor),
    ("touch/substantial", "low", Raise::SecondFactor),
    ("activation-code/substantial", "low", Raise::SecondFactor),
    ("password totp/low", "low", Raise::StrongerFactor),
    ("password totp/substantial", "substantial", Raise::StrongerFactor),
    ("password touch/low", "low", Raise::StrongerFactor),
    ("password touch/substantial", "substantial", Raise::StrongerFactor),
    ("password touch/high", "high", Raise::StrongerFactor),
    ("webauthn/low", "low", Raise::StrongerFactor),
    ("webauthn/substantial", "substantial", Raise::StrongerFactor),
    ("webauthn/high", "high", Raise::StrongerFactor),
    ("password webauthn/high", "high", Raise::StrongerFactor),
    ("password totp/low webauthn/high", "low", Raise::StrongerFactor),
];

const ACCESS: [Access; 4] = [Access::Open, Access::Locked, Access::NotBegun, Access::Ended];
const LEVELS: [Level; 3] = [Level::Low, Level::Substantial, Level::High];

#[test]
fn every_combination_gives_the_level_the_tables_say() {
    let mut combinations = 0;
    for (words, proved, raise_identity) in PROOFINGS {
        let records = records(words);
        for (used, carried, raise_factors) in FACTORS {
            let evidence = evidence(used);
            for access in ACCESS {
                for is_fresh in [true, false] {
                    for notified in LEVELS {
                        let present = Present { name: "Anna Jensen", cpr_index: Some(&[1]) };
                        let facts = Facts {
                            access,
                            records: &records,
                            present,
                            policy: &POLICY,
                            evidence: &evidence,
                            authenticators: &AUTHENTICATORS,
                            is_fresh,
                            notified,
                            now: now(),
                        };
                        let explained = explain(&facts);
                        let case = format!("{words:?} {used:?} {access:?} fresh {is_fresh} notified {notified}");
                        let expected = match (level(proved), level(carried)) {
                            (Some(identity), Some(factors)) if access == Access::Open && is_fresh => {
                                Some(identity.min(factors).min(notified))
                            }
                            _ => None,
                        };
                        assert_eq!(explained.level, expected, "{case}");
                        let [open, identity, factors, fresh, organisation] = explained.inputs;
                        assert_eq!(
                            (identity.level, factors.level, organisation.level),
                            (level(proved), level(carried), Some(notified)),
                            "{case}"
                        );
                        assert_eq!(open.level.is_some(), access == Access::Open, "{case}");
                        assert_eq!(fresh.level.is_some(), is_fresh, "{case}");
                        let top = Some(Level::High);
                        assert_eq!(identity.raise, (identity.level != top).then_some(*raise_identity), "{case}");
                        assert_eq!(factors.raise, (factors.level != top).then_some(*raise_factors), "{case}");
                        for input in explained.inputs {
                            assert_eq!(input.limits, input.level == explained.level && input.level != top, "{case} {input:?}");
                            assert!(!input.limits || input.raise.is_some(), "{case} {input:?}: what limits can be raised");
                        }
                        assert!(explained.level == top || explained.inputs.iter().any(|input| input.limits), "{case}: something limits");
                        combinations += 1;
                    }
                }
            }
        }
    }
    assert_eq!(combinations, PROOFINGS.len() * FACTORS.len() * 4 * 2 * 3);
}

#[test]
fn a_lock_is_told_before_anything_else_and_dates_by_name() {
    for (access, raise) in [
        (Access::Open, None),
        (Access::Locked, Some(Raise::Unlock)),
        (Access::NotBegun, Some(Raise::Employment)),
        (Access::Ended, Some(Raise::Employment)),
    ] {
        assert_eq!(raise_access(access), raise);
    }
}
