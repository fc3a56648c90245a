//! The drawing as plain data.

pub mod captions;
pub mod fold;
