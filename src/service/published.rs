//! Our signed metadata, given out again for some minutes: whoever asks often costs no signature each time. What stands in it is
//! the business of whoever signs.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::base::clock::seconds_between;

/// Seconds that a signed document is given out again.
const SECONDS: i64 = 300;

/// One document and when it was signed.
#[derive(Debug, Default)]
pub struct Published(Mutex<Option<(Timestamp, String)>>);

impl Published {
    /// The document, signed anew by `sign` when it is too old. Of many who ask at once one signs.
    pub fn at<E>(&self, now: Timestamp, sign: impl FnOnce() -> Result<String, E>) -> Result<String, E> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, document)) = &*kept
            && (0..SECONDS).contains(&seconds_between(*at, now))
        {
            return Ok(document.clone());
        }
        let document = sign()?;
        *kept = Some((now, document.clone()));
        Ok(document)
    }
}
