//! Tokens that browsers hold and codes that people type. The database keeps only their hashes.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    base::{
        random::{self, Random},
        secret::Secret,
    },
    crypto::seal::{MacKey, SealError},
};

/// A secret of 256 bits that a browser keeps in a cookie.
#[derive(Debug, Clone)]
pub struct Token(Secret<[u8; 32]>);

/// The SHA-256 of a token, as the database keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A hash read from the database.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl Token {
    /// A fresh token.
    pub fn random(random: &dyn Random) -> Self {
        Self(Secret::new(random::bytes(random)))
    }

    /// Reads a cookie's value: 43 characters of base64url.
    pub fn from_text(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Self(Secret::new(bytes.try_into().ok()?)))
    }

    /// The cookie's value.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.expose())
    }

    /// What is kept of it. The token has 256 random bits, so a plain hash cannot be searched.
    pub fn hash(&self) -> TokenHash {
        TokenHash(openssl::sha::sha256(self.0.expose()))
    }

    /// The token that forms of this token's flow or session carry against cross-site requests.
    pub fn form_token(&self, key: &MacKey) -> Result<String, SealError> {
        Ok(URL_SAFE_NO_PAD.encode(key.mac(&[b"form", self.0.expose()])?))
    }

    /// Whether `text` is this token's form token, in constant time.
    pub fn accepts_form(&self, key: &MacKey, text: &str) -> bool {
        URL_SAFE_NO_PAD.decode(text).is_ok_and(|mac| key.verify(&[b"form", self.0.expose()], &mac))
    }
}

/// A one-time code of 60 bits that a person types, such as `7QF2-M9XK-4TRW`.
#[derive(Debug, Clone)]
pub struct Code(Secret<String>);

impl Code {
    /// A fresh code.
    pub fn random(random: &dyn Random) -> Self {
        const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let letters = random::bytes::<12>(random).into_iter().filter_map(|byte| LETTERS.get(usize::from(byte & 31)));
        Self(Secret::new(letters.map(|letter| char::from(*letter)).collect()))
    }

    /// Reads what a person typed: any case, any grouping, with the usual mix-ups (O for 0, I or L for 1) put right.
    pub fn from_typed(text: &str) -> Self {
        let letters = text.chars().filter(|letter| letter.is_alphanumeric()).take(40);
        let righted = letters.map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        });
        Self(Secret::new(righted.collect()))
    }

    /// The code in groups of four, to be handed over once.
    pub fn to_text(&self) -> String {
        let letters: Vec<char> = self.0.expose().chars().collect();
        letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }

    /// What is kept of it: keyed, because 60 bits could be searched.
    pub fn hash(&self, key: &MacKey) -> Result<TokenHash, SealError> {
        Ok(TokenHash(key.mac(&[self.0.expose().as_bytes()])?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::SystemRandom;

    #[test]
    fn a_token_survives_its_cookie_and_nothing_else_is_read() {
        let token = Token::random(&SystemRandom);
        assert_eq!(Token::from_text(&token.to_text()).unwrap().hash(), token.hash());
        for bad in ["", "abc", &format!("{}A", token.to_text()), &"A".repeat(10_000)] {
            assert!(Token::from_text(bad).is_none());
        }
    }

    #[test]
    fn a_form_token_belongs_to_one_token() {
        let key = MacKey::new(b"key").unwrap();
        let (mine, other) = (Token::random(&SystemRandom), Token::random(&SystemRandom));
        let form = mine.form_token(&key).unwrap();
        assert!(mine.accepts_form(&key, &form));
        assert!(!other.accepts_form(&key, &form));
        assert!(!mine.accepts_form(&key, ""));
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        let key = MacKey::new(b"key").unwrap();
        let code = Code::random(&SystemRandom);
        let sloppy = format!(" {} ", code.to_text().to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l"));
        assert_eq!(Code::from_typed(&sloppy).hash(&key).unwrap(), code.hash(&key).unwrap());
        assert_ne!(Code::from_typed("7QF2").hash(&key).unwrap(), code.hash(&key).unwrap());
    }
}
