//! Texts from outside: what is written is read again, what is wrong is named, and nothing panics or takes long.

#[path = "share/applications.rs"]
mod applications;
#[path = "share/arbitrary.rs"]
mod arbitrary;
#[path = "share/hostile.rs"]
mod hostile;
#[path = "share/link.rs"]
mod link;
#[path = "share/paste.rs"]
mod paste;
#[path = "share/scenes.rs"]
mod scenes;
#[path = "share/yaml.rs"]
mod yaml;
