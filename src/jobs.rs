//! What happens by itself: the trail is sealed each second, mails that wait are sent, services are told of logins that are over, what has expired is deleted each
//! minute, old events and mails go once an hour. A job that fails is logged and tried again; it never ends the server. The acts are in `service` and `storage`.

use std::time::Duration;

use tokio::{sync::watch, task::JoinHandle, time::MissedTickBehavior};

use crate::{
    base::{clock::plus, id::Incident},
    domain::audit::{Actor, Event, Kind},
    service::{
        ground::Ground,
        lifecycle,
        notices::delivery::{self, Office, Patience},
        saml::{Desk, recall},
        trail,
    },
    storage::{activations, audit, fault::Fault, flows, invitations, logouts, mitid, outbox, recoveries, sessions, throttle},
};

/// What the jobs are told.
#[derive(Debug)]
pub struct Chores {
    /// Events older than so many seconds are deleted, whole seals at a time.
    pub keep_events: i64,
    /// Mails that were sent or given up so many seconds ago are deleted.
    pub keep_mails: i64,
    /// Where mails are handed over, if anywhere.
    pub office: Option<Office>,
    /// How many at most.
    pub mails_a_minute: u32,
    /// By whom services are told that a login is over.
    pub desk: Desk,
    /// When those that could not be told are tried again.
    pub patience: Patience,
}

/// The jobs under way.
#[derive(Debug)]
pub struct Jobs {
    stop: watch::Sender<bool>,
    running: Vec<JoinHandle<()>>,
}

impl Jobs {
    /// Starts all jobs.
    pub fn start(ground: &Ground, chores: Chores) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut running = vec![
            tokio::spawn(sealing(ground.clone(), stopped.clone())),
            tokio::spawn(tidying(ground.clone(), stopped.clone())),
            tokio::spawn(recalling(ground.clone(), chores.desk, chores.patience, stopped.clone())),
            tokio::spawn(forgetting(ground.clone(), chores.keep_events, chores.keep_mails, stopped.clone())),
        ];
        if let Some(office) = chores.office {
            running.push(tokio::spawn(posting(ground.clone(), office, chores.mails_a_minute, stopped)));
        }
        Self { stop, running }
    }

    /// Ends the jobs, seals what is left, and returns when all have ended.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for job in self.running {
            if let Err(error) = job.await {
                tracing::error!(event = "job.failed", reason = %error);
            }
        }
    }
}

/// Waits for the next turn; `false` when the jobs are to end.
async fn turn(ticks: &mut tokio::time::Interval, stopped: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        _ = ticks.tick() => true,
        _ = stopped.changed() => false,
    }
}

fn every(seconds: u64) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(Duration::from_secs(seconds));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn sealing(ground: Ground, mut stopped: watch::Receiver<bool>) {
    let mut ticks = every(1);
    loop {
        let goes_on = turn(&mut ticks, &mut stopped).await;
        if let Err(fault) = trail::seal_now(&ground.db, ground.clock.now()).await {
            tracing::error!(event = "job.failed", job = "seal", reason = %fault);
        }
        if !goes_on {
            return;
        }
    }
}

async fn recalling(ground: Ground, desk: Desk, patience: Patience, mut stopped: watch::Receiver<bool>) {
    let mut ticks = every(1);
    while turn(&mut ticks, &mut stopped).await {
        if let Err(fault) = recall::tell_due(&desk, &ground, &patience).await {
            tracing::error!(event = "job.failed", job = "recall", reason = %fault);
        }
    }
}

async fn tidying(ground: Ground, mut stopped: watch::Receiver<bool>) {
    let mut ticks = every(60);
    while turn(&mut ticks, &mut stopped).await {
        if let Err(fault) = tidy(&ground).await {
            tracing::error!(event = "job.failed", job = "tidy", reason = %fault);
        }
    }
}

/// Locks whoever's employment has ended, and deletes what has expired: logins under way, sessions, activation codes, claimed requests, counters.
pub async fn tidy(ground: &Ground) -> Result<(), Fault> {
    lifecycle::follow_all(ground).await?;
    let now = ground.clock.now();
    let mut tx = ground.db.begin().await?;
    flows::purge(&mut tx, now).await?;
    logouts::purge(&mut tx, now).await?;
    mitid::purge(&mut tx, now).await?;
    sessions::purge(&mut tx, now, plus(now, -ground.rules.session.idle_seconds)).await?;
    activations::purge(&mut tx, now).await?;
    invitations::purge(&mut tx, now).await?;
    recoveries::purge(&mut tx, now).await?;
    audit::purge_replays(&mut tx, now).await?;
    tx.commit_routine().await?;
    throttle::purge(&ground.db, now).await.map(drop)
}

/// Few a turn and a turn a second, or one a turn and fewer turns: never more than `mails_a_minute`.
async fn posting(ground: Ground, office: Office, mails_a_minute: u32, mut stopped: watch::Receiver<bool>) {
    let mails_a_minute = mails_a_minute.max(1);
    let mut ticks = every(u64::from(60_u32.div_ceil(mails_a_minute)));
    while turn(&mut ticks, &mut stopped).await {
        if let Err(fault) = delivery::deliver(&ground, &office, (mails_a_minute / 60).max(1)).await {
            tracing::error!(event = "job.failed", job = "mail", reason = %fault);
        }
    }
}

async fn forgetting(ground: Ground, keep_events: i64, keep_mails: i64, mut stopped: watch::Receiver<bool>) {
    let mut ticks = every(3600);
    while turn(&mut ticks, &mut stopped).await {
        for (job, done) in [("retention", forget(&ground, keep_events).await), ("mail retention", forget_mails(&ground, keep_mails).await)]
        {
            if let Err(fault) = done {
                tracing::error!(event = "job.failed", job, reason = %fault);
            }
        }
    }
}

/// Deletes audit events past their retention; the deletion is itself an event.
pub async fn forget(ground: &Ground, retention_seconds: i64) -> Result<(), Fault> {
    let now = ground.clock.now();
    loop {
        let mut tx = ground.db.begin().await?;
        let Some(events) = audit::forget_oldest(&ground.db, &mut tx, plus(now, -retention_seconds), now).await? else { return Ok(()) };
        let random = ground.random.as_ref();
        let event = Event::new(Kind::RetentionRun, Actor::System, now, &Incident::random(random), random).with("events", events);
        tx.commit(event).await?;
    }
}

/// Deletes mails that were sent or given up long ago; what they were about stays in the trail.
pub async fn forget_mails(ground: &Ground, keep_seconds: i64) -> Result<(), Fault> {
    let mut tx = ground.db.begin().await?;
    outbox::purge(&mut tx, plus(ground.clock.now(), -keep_seconds)).await?;
    tx.commit_routine().await
}
