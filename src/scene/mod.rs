//! The drawing as plain data.

pub mod captions;
pub mod fold;
pub mod shown;
