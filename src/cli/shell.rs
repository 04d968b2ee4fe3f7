//! Completions and the man page, from the same list of commands that is parsed.

use anyhow::Context;
use clap::CommandFactory;
use serde_json::json;

use super::{Arguments, answer::Answer};

/// The completion script of `shell`.
pub fn completions(shell: clap_complete::Shell) -> anyhow::Result<Answer> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "portvagt", &mut script);
    let script = String::from_utf8(script).context("the completion script is no text")?;
    Ok(Answer::new(script.clone(), json!({ "script": script })))
}

/// The man page, with one section for each command.
pub fn man() -> anyhow::Result<Answer> {
    let mut page = Vec::new();
    let mut command = Arguments::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut page).context("the man page cannot be written")?;
    // The commands stand in this page, not in pages of their own.
    let mut page = String::from_utf8_lossy(&page).replace("portvagt\\-", "portvagt ").replace("(1)\n", "\n").into_bytes();
    render_below(&command, "portvagt", &mut page)?;
    let page = String::from_utf8(page).context("the man page is no text")?;
    Ok(Answer::new(page.clone(), json!({ "man": page })))
}

/// Commands of commands have no page of their own: their synopsis and options follow in the same one.
fn render_below(command: &clap::Command, path: &str, page: &mut Vec<u8>) -> anyhow::Result<()> {
    use std::io::Write;
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        let path = format!("{path} {}", below.get_name());
        let man = clap_mangen::Man::new(below.clone());
        writeln!(page, ".SH {}", path.to_uppercase().replace('-', "\\-"))?;
        let mut options = Vec::new();
        man.render_synopsis_section(&mut options)?;
        man.render_description_section(&mut options)?;
        man.render_options_section(&mut options)?;
        page.extend(String::from_utf8_lossy(&options).replace(".SH ", ".SS ").into_bytes());
        render_below(below, &path, page)?;
    }
    Ok(())
}
