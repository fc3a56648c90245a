//! The drawing as plain data.

pub mod captions;
pub mod fold;
pub mod shape;
pub mod tape;
pub mod words;
