//! The invites that ring here.
