//! `portvagt organisation policy`: what one organisation demands of passwords otherwise than the settings do.

use clap::Args;
use serde_json::json;

use super::{answer::Answer, stand};
use crate::{
    domain::{organisation::Cvr, policy::PasswordRules},
    service::{ground::Ground, passwords},
};

/// What to change; with nothing given, the rules are shown.
#[derive(Debug, Args)]
pub struct Policy {
    /// Its CVR number, 8 digits
    #[arg(long)]
    pub cvr: Cvr,
    /// Fewest characters beside a second factor
    #[arg(long, value_name = "NUMBER")]
    pub min_length: Option<usize>,
    /// Fewest characters where the same password also opens something by itself
    #[arg(long, value_name = "NUMBER")]
    pub min_length_alone: Option<usize>,
    /// Whether the same password also opens something without a second factor
    #[arg(long, value_name = "true or false")]
    pub used_alone: Option<bool>,
    /// How many of a person's passwords may not be chosen again
    #[arg(long, value_name = "NUMBER")]
    pub history: Option<usize>,
    /// A word of its own that may not make up a password; all of them at once
    #[arg(long, value_name = "WORD")]
    pub context_word: Vec<String>,
    /// A password that nobody there may choose; all of them at once
    #[arg(long, value_name = "PASSWORD")]
    pub blocked: Vec<String>,
    /// Back to what the settings demand, before anything else that is given
    #[arg(long)]
    pub reset: bool,
}

/// Changes or shows them.
pub async fn run(policy: Policy, ground: &Ground) -> anyhow::Result<Answer> {
    let cvr = policy.cvr.clone();
    let (standing, _) = passwords::rules(ground, &cvr).await?;
    let before = if policy.reset { PasswordRules::default() } else { standing.clone() };
    let rules = changed(policy, before);
    if rules != standing {
        let some = (rules != PasswordRules::default()).then_some(&rules);
        passwords::rule(ground, &stand::operator(), &cvr, some).await?;
    }
    let (rules, effective) = passwords::rules(ground, &cvr).await?;
    let own = |own: bool| if own { "its own" } else { "from the settings" };
    let words = [
        format!("Passwords of people of CVR {cvr}, from the next one they choose:"),
        format!("least length                  {} ({})", effective.min_length, own(rules.min_length.is_some())),
        format!("least length, used alone      {} ({})", effective.min_length_alone, own(rules.min_length_alone.is_some())),
        format!("used alone                    {} ({})", if effective.used_alone { "yes" } else { "no" }, own(rules.used_alone.is_some())),
        format!("may not come again            the last {} ({})", effective.history, own(rules.history.is_some())),
        format!("context words of its own      {}", joined(&rules.context_words)),
        format!("blocked passwords of its own  {}", rules.blocked.len()),
        format!(
            "list of stolen passwords      {}",
            if ground.rules.breached.is_some() { "searched" } else { "none: password.breached_file is not set" }
        ),
    ];
    let json = json!({
        "cvr": cvr, "own": rules, "least": effective.least(), "min_length": effective.min_length,
        "min_length_alone": effective.min_length_alone, "used_alone": effective.used_alone, "history": effective.history,
        "breached_list": ground.rules.breached.is_some(),
    });
    Ok(Answer::new(words.join("\n"), json))
}

fn changed(policy: Policy, before: PasswordRules) -> PasswordRules {
    let list = |given: Vec<String>, before: Vec<String>| if given.is_empty() { before } else { given };
    PasswordRules {
        min_length: policy.min_length.or(before.min_length),
        min_length_alone: policy.min_length_alone.or(before.min_length_alone),
        used_alone: policy.used_alone.or(before.used_alone),
        history: policy.history.or(before.history),
        context_words: list(policy.context_word, before.context_words),
        blocked: list(policy.blocked, before.blocked),
    }
}

fn joined(words: &[String]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}
