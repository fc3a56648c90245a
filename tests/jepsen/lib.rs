//! The client-side judge, and how its word is compared with the ledger's. For tests of several packages, which bring it in by its
//! path.

pub mod compare;
pub mod judge;
