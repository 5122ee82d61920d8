//! The exported functions, by subject.

pub mod account;
pub mod friends;
pub mod handoff;
pub mod invites;
pub mod library;
pub mod lifecycle;
pub mod matchmaking;
pub mod people;
pub mod sessions;
