//! What the client asks for, read strictly: everything a good client sends must be there, and nothing is guessed.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The levels of a login with MitID, lowest first.
pub const LEVELS: [&str; 3] = ["urn:grn:authn:dk:mitid:low", "urn:grn:authn:dk:mitid:substantial", "urn:grn:authn:dk:mitid:high"];

/// A whole request.
#[derive(Clone)]
pub struct Asked {
    /// Every parameter, to be carried through the page.
    pub parameters: Vec<(String, String)>,
    /// Comes back with the answer.
    pub state: String,
    /// Goes into the ID token.
    pub nonce: String,
    /// The level asked for.
    pub acr: String,
    challenge: String,
}

/// What is carried through the page.
const CARRIED: [&str; 10] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "acr_values",
    "prompt",
];

impl Asked {
    /// Reads it, or says which parameter is wrong.
    pub fn read(fields: &HashMap<String, String>, client: &str, callback: &str) -> Result<Self, &'static str> {
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let rules = [
            ("client_id", field("client_id") == client),
            ("redirect_uri", field("redirect_uri") == callback),
            ("response_type", field("response_type") == "code"),
            ("scope", field("scope").split(' ').any(|scope| scope == "openid")),
            ("state", field("state").len() >= 16),
            ("nonce", field("nonce").len() >= 16),
            ("code_challenge_method", field("code_challenge_method") == "S256"),
            ("code_challenge", field("code_challenge").len() == 43),
            ("acr_values", LEVELS.contains(&field("acr_values").as_str())),
        ];
        if let Some((wrong, _)) = rules.into_iter().find(|(_, holds)| !holds) {
            return Err(wrong);
        }
        let parameters = CARRIED.iter().map(|name| ((*name).to_owned(), field(name))).collect();
        Ok(Self { parameters, state: field("state"), nonce: field("nonce"), acr: field("acr_values"), challenge: field("code_challenge") })
    }

    /// Whether the verifier is the one of the challenge (RFC 7636, 4.6).
    pub fn verifies(&self, verifier: &str) -> bool {
        verifier.len() >= 43 && URL_SAFE_NO_PAD.encode(openssl::sha::sha256(verifier.as_bytes())) == self.challenge
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLBACK: &str = "http://localhost:8080/mitid/broker/callback";

    fn sound() -> HashMap<String, String> {
        let challenge = URL_SAFE_NO_PAD.encode(openssl::sha::sha256("v".repeat(43).as_bytes()));
        let pairs = [
            ("client_id", "portvagt-demo"),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid ssn"),
            ("state", "a-state-of-some-length"),
            ("nonce", "a-nonce-of-some-length"),
            ("code_challenge_method", "S256"),
            ("code_challenge", challenge.as_str()),
            ("acr_values", LEVELS[1]),
        ];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn a_whole_request_is_taken_and_each_part_is_needed() {
        let asked = Asked::read(&sound(), "portvagt-demo", CALLBACK).map_err(str::to_owned).unwrap_or_else(|wrong| panic!("{wrong}"));
        assert!(asked.verifies(&"v".repeat(43)) && !asked.verifies(&"w".repeat(43)) && !asked.verifies(""));
        for (name, value) in [
            ("client_id", "other"),
            ("redirect_uri", "http://localhost:8080/mitid/broker/callback/"),
            ("redirect_uri", "http://evil.example/"),
            ("response_type", "token"),
            ("scope", "ssn"),
            ("state", ""),
            ("nonce", "short"),
            ("code_challenge_method", "plain"),
            ("code_challenge", ""),
            ("acr_values", "urn:unknown"),
        ] {
            let mut fields = sound();
            fields.insert(name.to_owned(), value.to_owned());
            assert_eq!(Asked::read(&fields, "portvagt-demo", CALLBACK).err(), Some(name), "{value}");
            fields.remove(name);
            assert_eq!(Asked::read(&fields, "portvagt-demo", CALLBACK).err(), Some(name));
        }
    }
}
