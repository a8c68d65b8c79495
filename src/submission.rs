//! What makes a write that is sent twice be saved once.

use uuid::Uuid;

/// What was sent to be written, so far as it is told from others.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Made anew for each form that is rendered. `None` if the form has none.
    pub key: Option<Uuid>,
    /// Of the path and everything that was sent.
    pub hash: [u8; 32],
}
