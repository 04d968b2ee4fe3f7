//! What a browser says about itself (`User-Agent`), boiled down to the two names its owner knows it by. A guess for people
//! to recognise their own things by: nothing is ever decided on it.

/// A browser and what it runs on, by the names their makers give them; `None` where the text tells nothing known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Browser {
    /// Such as "Firefox".
    pub name: Option<&'static str>,
    /// Such as "Windows".
    pub system: Option<&'static str>,
}

/// Marks and names. The first that fits counts: many browsers also claim to be those further down.
const NAMES: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
];

/// Reads the header's text.
pub fn read(user_agent: &str) -> Browser {
    let first = |list: &[(&str, &'static str)]| list.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name);
    Browser { name: first(NAMES), system: first(SYSTEMS) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_go_by_the_names_people_know() {
        for (text, name, system) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                Some("Chrome"),
                Some("Windows"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                Some("Edge"),
                Some("Windows"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
                Some("Safari"),
                Some("iPhone"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1",
                Some("Chrome"),
                Some("iPhone"),
            ),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0", Some("Firefox"), Some("Mac")),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
                Some("Samsung Internet"),
                Some("Android"),
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", Some("Firefox"), Some("Linux")),
            ("curl/8.5.0", None, None),
            ("", None, None),
        ] {
            assert_eq!(read(text), Browser { name, system }, "{text}");
        }
    }
}
