//! stub
use crate::shell::Outcome;
pub fn main(_args: &[String]) -> Outcome<bool> {
    Ok(true)
}
