//! Who sits at the command line: the account that owns this process. No environment variable says who somebody is; only behind
//! sudo, where root's own hand set it, the number of the account that called it is believed.

/// The account's name by what the system says of this process (`/proc/self/status`) and of accounts (`/etc/passwd`); its
/// number where it has no line there.
pub fn name(status: &str, sudo_uid: Option<&str>, accounts: &str) -> String {
    let Some((real, effective)) = owners(status) else { return "unknown".to_owned() };
    let caller = sudo_uid.and_then(|uid| uid.parse::<u32>().ok()).filter(|_| effective == 0);
    let uid = caller.unwrap_or(real);
    let line = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields.get(2) == Some(&&*uid.to_string()));
    let name = line.and_then(|fields| fields.first().copied()).filter(|name| !name.is_empty());
    let name = name.map_or_else(|| format!("uid {uid}"), str::to_owned);
    name.chars().filter(|letter| !letter.is_control()).take(64).collect()
}

/// The real and the effective owner.
fn owners(status: &str) -> Option<(u32, u32)> {
    let mut numbers = status.lines().find_map(|line| line.strip_prefix("Uid:"))?.split_whitespace();
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNTS: &str = "root:x:0:0:root:/root:/bin/bash\nlone:x:1000:1000:Lone,,,:/home/lone:/bin/bash\n";

    #[test]
    fn the_owner_of_the_process_is_the_operator() {
        let status = |real: u32, effective: u32| format!("Name:\tportvagt\nUid:\t{real}\t{effective}\t{effective}\t{effective}\n");
        for (real, effective, sudo, expected) in [
            (1000, 1000, None, "lone"),
            (1000, 1000, Some("0"), "lone"),
            (1000, 1000, Some("1001"), "lone"),
            (0, 0, None, "root"),
            (0, 0, Some("1000"), "lone"),
            (0, 0, Some("lone"), "root"),
            (0, 0, Some("1007"), "uid 1007"),
            (1007, 1007, None, "uid 1007"),
        ] {
            assert_eq!(name(&status(real, effective), sudo, ACCOUNTS), expected, "{real} {effective} {sudo:?}");
        }
        assert_eq!(name("", None, ACCOUNTS), "unknown");
    }
}
