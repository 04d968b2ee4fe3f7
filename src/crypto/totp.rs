//! One-time codes by RFC 6238: SHA-1, 6 digits, 30 seconds. The present and the previous step count, never a future
//! one; that each step counts once is kept by `storage::credentials::spend_totp_step`.

use totp_rs::{Algorithm, Builder, Totp};

use crate::base::{
    random::{self, Random},
    secret::Secret,
};

/// Seconds a code is shown (RFC 6238 section 5.2).
pub const STEP_SECONDS: i64 = 30;

/// A shared secret of 160 bits (RFC 4226 section 4, requirement 6).
#[derive(Debug, Clone)]
pub struct TotpSecret(Secret<Vec<u8>>);

/// The secret cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("not a usable TOTP secret")]
pub struct BadSecret;

impl TotpSecret {
    /// A fresh secret.
    pub fn random(random: &dyn Random) -> Self {
        Self(Secret::new(random::bytes::<20>(random).to_vec()))
    }

    /// A secret opened from the database.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(Secret::new(bytes.to_vec()))
    }

    /// Reads base32 as apps show it; spaces are allowed.
    pub fn from_base32(text: &str) -> Result<Self, BadSecret> {
        let bare: String = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '=').collect();
        let secret = totp_rs::Secret::try_from_base32(bare.to_ascii_uppercase()).map_err(|_| BadSecret)?;
        Ok(Self::from_bytes(secret.as_bytes()))
    }

    /// The bytes, to be sealed.
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }

    /// Base32 without padding, for apps that cannot read the picture.
    pub fn to_base32(&self) -> String {
        totp_rs::Secret::new(self.expose().into()).to_base32()
    }

    /// The `otpauth:` address that apps read from the picture.
    pub fn to_uri(&self, issuer: &str, account: &str) -> Result<String, BadSecret> {
        // A colon parts issuer and account in the address, so neither may hold one.
        let (issuer, account) = (issuer.replace(':', " "), account.replace(':', " "));
        self.totp(Some(issuer), account)?.to_url().map_err(|_| BadSecret)
    }

    /// The code of the step that holds `unix_seconds`.
    pub fn code_at(&self, unix_seconds: i64) -> Result<String, BadSecret> {
        let time = u64::try_from(unix_seconds).map_err(|_| BadSecret)?;
        Ok(self.totp(None, String::new())?.generate(time).to_string())
    }

    /// The step (Unix seconds / 30) that `code` belongs to, if it is the present or the previous one.
    pub fn step_of(&self, code: &str, unix_seconds: i64) -> Option<i64> {
        let digits: String = code.chars().filter(|letter| !letter.is_whitespace()).take(7).collect();
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let now = unix_seconds.div_euclid(STEP_SECONDS);
        // Both are always computed, so that the time taken does not tell which one was right.
        let mut found = None;
        for step in [now - 1, now] {
            let right = self.code_at(step * STEP_SECONDS).ok()?;
            if openssl::memcmp::eq(right.as_bytes(), digits.as_bytes()) {
                found = Some(step);
            }
        }
        found
    }

    fn totp(&self, issuer: Option<String>, account: String) -> Result<Totp, BadSecret> {
        let secret = totp_rs::Secret::new(self.expose().into());
        let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_skew(0).with_step_duration(30);
        builder.with_secret(secret).with_issuer(issuer).with_account_name(account).build().map_err(|_| BadSecret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, SHA-1, the last six of eight digits.
    #[test]
    fn the_codes_are_those_of_the_rfc() {
        let secret = TotpSecret::from_bytes(b"12345678901234567890");
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")] {
            assert_eq!(secret.code_at(time).unwrap(), code);
            assert_eq!(secret.step_of(code, time), Some(time / 30));
        }
    }

    #[test]
    fn present_and_previous_step_count_and_no_other() {
        let secret = TotpSecret::from_bytes(b"12345678901234567890");
        let code = secret.code_at(600).unwrap();
        assert_eq!(secret.step_of(&code, 600), Some(20));
        assert_eq!(secret.step_of(&code, 659), Some(20));
        assert_eq!(secret.step_of(&code, 660), None);
        assert_eq!(secret.step_of(&code, 599), None, "a future step never counts");
        for bad in ["", "12345", "1234567", "abcdef", "１２３４５６"] {
            assert_eq!(secret.step_of(bad, 600), None, "{bad}");
        }
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        assert_eq!(secret.step_of(&spaced, 600), Some(20));
    }

    #[test]
    fn the_address_names_issuer_and_account() {
        let secret = TotpSecret::from_bytes(b"12345678901234567890");
        let uri = secret.to_uri("Test: kommune", "anna").unwrap();
        assert!(uri.starts_with("otpauth://totp/") && uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{uri}");
        assert_eq!(TotpSecret::from_base32("gezd gnbv gy3t qojq gezd gnbv gy3t qojq").unwrap().expose(), secret.expose());
    }
}
