//! Whether the audit trail is what was written (security case C08): every event's keyed code, every seal's count and
//! hash, the chain from seal to seal, its head, and, when one is given, an anchor from outside. One seal at a time is
//! in memory. Nothing is repaired here.

use crate::storage::{
    audit::{self, Anchor},
    db::{Db, Row},
    event::Fields,
    fault::Fault,
};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Events under a seal that were found good.
    pub sealed: u64,
    /// Events no seal covers yet that were found good.
    pub unsealed: u64,
    /// Seals whose events retention deleted.
    pub purged_seals: u64,
    /// The newest seal.
    pub head: Option<Anchor>,
    /// The first thing that is not what was written.
    pub first_bad: Option<Bad>,
}

/// What is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Bad {
    /// An event's fields were changed, or it was written by somebody without the key.
    #[error("event {id} (seal {}) was edited", seal.map_or_else(|| "none".to_owned(), |seal| seal.to_string()))]
    Edited {
        /// The event.
        id: String,
        /// Its seal, if any.
        seal: Option<i64>,
    },
    /// Events were deleted from or put under a seal.
    #[error("seal {seq} covers {sealed} events, {found} are there")]
    Count {
        /// The seal.
        seq: i64,
        /// How many it was made over.
        sealed: i64,
        /// How many are there.
        found: i64,
    },
    /// Other events than those it was made over, though as many; or the seal itself was edited.
    #[error("seal {seq} does not fit its events")]
    Hash {
        /// The seal.
        seq: i64,
    },
    /// A seal does not follow from the one before.
    #[error("seal {seq} does not follow from the seal before it")]
    Chain {
        /// The seal.
        seq: i64,
    },
    /// A seal was deleted.
    #[error("seal {seq} is missing")]
    Missing {
        /// The seal.
        seq: i64,
    },
    /// A seal says that retention emptied it, without proof.
    #[error("seal {seq} was emptied, but not by retention")]
    Purge {
        /// The seal.
        seq: i64,
    },
    /// Events claim a seal that is not there.
    #[error("event {id} claims seal {seal}, which is not there")]
    Orphan {
        /// The first such event.
        id: String,
        /// The seal it claims.
        seal: i64,
    },
    /// The chain ends before the anchor: its tail was cut.
    #[error("the trail ends at seal {last}, but seal {anchor} was published: the tail was cut")]
    Truncated {
        /// The newest seal there.
        last: i64,
        /// The anchor's.
        anchor: i64,
    },
    /// The chain was made anew: the anchor's seal has another hash.
    #[error("seal {seq} is not the one that was published")]
    Anchor {
        /// The seal.
        seq: i64,
    },
}

struct Seal {
    seq: i64,
    previous: Vec<u8>,
    hash: Vec<u8>,
    events: i64,
    at: i64,
    purged: Option<(i64, Vec<u8>)>,
}

/// Checks the whole trail, oldest first, and stops at the first thing that is bad. `anchor` is a seal published outside.
pub async fn run(db: &Db, anchor: Option<&Anchor>) -> Result<Verdict, Fault> {
    let mut verdict = Verdict { sealed: 0, unsealed: 0, purged_seals: 0, head: None, first_bad: None };
    let first_bad = check(db, anchor, &mut verdict).await?;
    verdict.first_bad = first_bad;
    Ok(verdict)
}

async fn check(db: &Db, anchor: Option<&Anchor>, verdict: &mut Verdict) -> Result<Option<Bad>, Fault> {
    let (mut last, mut previous) = (0, Vec::new());
    loop {
        let seals = seals_after(db, last, 200).await?;
        if seals.is_empty() {
            break;
        }
        for seal in seals {
            if let Some(bad) = check_seal_twice(db, &seal, last, &previous, verdict).await? {
                return Ok(Some(bad));
            }
            if anchor.is_some_and(|anchor| anchor.seq == seal.seq && anchor.hash != seal.hash) {
                return Ok(Some(Bad::Anchor { seq: seal.seq }));
            }
            verdict.head = Some(Anchor { seq: seal.seq, hash: seal.hash.clone() });
            (last, previous) = (seal.seq, seal.hash);
        }
    }
    if let Some(anchor) = anchor.filter(|anchor| anchor.seq > last) {
        return Ok(Some(Bad::Truncated { last, anchor: anchor.seq }));
    }
    check_end(db, last, verdict).await
}

async fn seals_after(db: &Db, last: i64, limit: i64) -> Result<Vec<Seal>, Fault> {
    let rows = db
        .all(
            "SELECT seq, previous, hash, events, at, purged_at, purge_mac FROM audit_seals WHERE seq > $1 ORDER BY seq LIMIT $2",
            [last.into(), limit.into()],
        )
        .await?;
    rows.iter().map(read_seal).collect()
}

/// Retention may empty a seal between reading it and reading its events: then it is read again.
async fn check_seal_twice(db: &Db, seal: &Seal, last: i64, previous: &[u8], verdict: &mut Verdict) -> Result<Option<Bad>, Fault> {
    let bad = check_seal(db, seal, last, previous, verdict).await?;
    if !matches!(bad, Some(Bad::Count { .. })) {
        return Ok(bad);
    }
    match seals_after(db, last, 1).await?.first() {
        Some(again) if again.purged.is_some() => check_seal(db, again, last, previous, verdict).await,
        _ => Ok(bad),
    }
}

async fn check_seal(db: &Db, seal: &Seal, last: i64, previous: &[u8], verdict: &mut Verdict) -> Result<Option<Bad>, Fault> {
    if seal.seq != last + 1 {
        return Ok(Some(Bad::Missing { seq: last + 1 }));
    }
    if seal.previous != previous {
        return Ok(Some(Bad::Chain { seq: seal.seq }));
    }
    let rows = db
        .all(
            "SELECT id, at, kind, actor, subject, incident, details, mac FROM audit_events WHERE seal = $1 ORDER BY at, id",
            [seal.seq.into()],
        )
        .await?;
    if let Some((at, mac)) = &seal.purged {
        let is_proved = audit::purge_mac(db, seal.seq, &seal.hash, *at)?.as_slice() == mac.as_slice();
        verdict.purged_seals += 1;
        return Ok((!is_proved || !rows.is_empty()).then_some(Bad::Purge { seq: seal.seq }));
    }
    for row in &rows {
        if let Some(bad) = check_event(db, row, Some(seal.seq))? {
            return Ok(Some(bad));
        }
    }
    let found = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    if found != seal.events {
        return Ok(Some(Bad::Count { seq: seal.seq, sealed: seal.events, found }));
    }
    let mut macs = rows.iter().map(|row| Ok((row.int("at")?, row.text("id")?, row.bytes("mac")?))).collect::<Result<Vec<_>, Fault>>()?;
    // The order of the bytes, whatever collation the database sorts text by.
    macs.sort_unstable();
    let macs: Vec<Vec<u8>> = macs.into_iter().map(|(_, _, mac)| mac).collect();
    let hash = audit::seal_hash(db, &seal.previous, seal.seq, seal.at, &macs)?;
    verdict.sealed += u64::try_from(macs.len()).unwrap_or(u64::MAX);
    Ok((hash.as_slice() != seal.hash.as_slice()).then_some(Bad::Hash { seq: seal.seq }))
}

/// The head row must name the last seal, no event may claim a seal that is not there, and the unsealed must be good.
async fn check_end(db: &Db, last: i64, verdict: &mut Verdict) -> Result<Option<Bad>, Fault> {
    if let Some(head) = db.one("SELECT seq FROM audit_head WHERE id = 1", []).await? {
        let seq = head.int("seq")?;
        if seq > last && db.one("SELECT seq FROM audit_seals WHERE seq > $1 LIMIT 1", [last.into()]).await?.is_none() {
            return Ok(Some(Bad::Truncated { last, anchor: seq }));
        }
    }
    let orphan = db
        .one(
            "SELECT id, seal FROM audit_events WHERE (seal > $1 OR seal < 1) \
             AND NOT EXISTS (SELECT 1 FROM audit_seals WHERE audit_seals.seq = audit_events.seal) ORDER BY seal, at, id LIMIT 1",
            [last.into()],
        )
        .await?;
    if let Some(row) = orphan {
        return Ok(Some(Bad::Orphan { id: row.text("id")?, seal: row.int("seal")? }));
    }
    let (mut at, mut id) = (i64::MIN, String::new());
    loop {
        let rows = db
            .all(
                "SELECT id, at, kind, actor, subject, incident, details, mac FROM audit_events \
                 WHERE seal IS NULL AND (at, id) > ($1, $2) ORDER BY at, id LIMIT 1000",
                [at.into(), id.as_str().into()],
            )
            .await?;
        let Some(newest) = rows.last() else { return Ok(None) };
        (at, id) = (newest.int("at")?, newest.text("id")?);
        for row in &rows {
            if let Some(bad) = check_event(db, row, None)? {
                return Ok(Some(bad));
            }
            verdict.unsealed += 1;
        }
    }
}

fn check_event(db: &Db, row: &Row, seal: Option<i64>) -> Result<Option<Bad>, Fault> {
    let (id, kind, actor, incident, details) =
        (row.text("id")?, row.text("kind")?, row.text("actor")?, row.text("incident")?, row.text("details")?);
    let subject = row.text_or_none("subject")?.unwrap_or_default();
    let fields =
        Fields { id: &id, at: row.int("at")?, kind: &kind, actor: &actor, subject: &subject, incident: &incident, details: &details };
    let is_good = fields.mac(db.trail_key())?.as_slice() == row.bytes("mac")?.as_slice();
    Ok((!is_good).then_some(Bad::Edited { id, seal }))
}

fn read_seal(row: &Row) -> Result<Seal, Fault> {
    let purged =
        row.int_or_none("purged_at")?.map(|at| Ok::<_, Fault>((at, row.bytes_or_none("purge_mac")?.unwrap_or_default()))).transpose()?;
    Ok(Seal {
        seq: row.int("seq")?,
        previous: row.bytes("previous")?,
        hash: row.bytes("hash")?,
        events: row.int("events")?,
        at: row.int("at")?,
        purged,
    })
}
