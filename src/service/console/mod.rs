//! What administrators, supporters and auditors do in the console. Each act takes its right as a parameter
//! (`service::rights`); what is done to a person is what the command line does, by the same services.

/// Finding people, and all there is to know of one.
pub mod directory;
/// Acts on one person.
pub mod acts;
/// The end of an employment, and a new beginning.
pub mod leaving;
/// Acts that need two people.
pub mod requests;
/// The audit trail.
pub mod trail;
