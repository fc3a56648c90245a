//! The drawing as plain data.

pub mod captions;
pub mod couriers;
pub mod fold;
pub mod forms;
pub mod labels;
pub mod layout;
pub mod marks;
pub mod paper;
pub mod shape;
pub mod tape;
pub mod window;
pub mod words;
