//! What can go wrong with a database. "Not found" is an `Option` and "taken" an answer; neither is a fault.

/// A statement could not be carried out.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fault {
    /// The database cannot be reached, is full, read-only or too busy. Trying again later may help.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// Another transaction was in the way (deadlock or serialisation failure); nothing was written, and the same may be done
    /// again at once.
    #[error("the database asks for another try: {0}")]
    Contended(String),
    /// A stored row is not what this program writes, or a statement does not fit the schema. Trying again does not help.
    #[error("the database is inconsistent: {0}")]
    Inconsistent(String),
}
