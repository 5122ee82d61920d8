//! What two copies say to each other: a length in four bytes, little end first, then JSON.

use std::{
    io::{self, Read, Write},
    time::{Duration, Instant},
};

use interprocess::local_socket::{Stream, traits::Stream as _};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Longest message, in bytes.
pub(super) const MAX_FRAME: usize = 8 * 1024;

/// From the second copy.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Handover {
    pub(super) version: u32,
    pub(super) link: Option<String>,
}

/// From the first copy.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Receipt {
    pub(super) taken: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
}

/// A conversation that ends by its deadline, however slowly the other side speaks.
pub(super) struct Conversation {
    stream: Stream,
    deadline: Instant,
}

impl Conversation {
    pub(super) fn new(stream: Stream, limit: Duration) -> Self {
        Self { stream, deadline: Instant::now() + limit }
    }

    pub(super) fn write(&mut self, message: &impl Serialize) -> io::Result<()> {
        let json = serde_json::to_vec(message)?;
        if json.len() > MAX_FRAME {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the message is too long"));
        }
        let mut frame = Vec::with_capacity(json.len() + 4);
        frame.extend_from_slice(&u32::try_from(json.len()).unwrap_or(u32::MAX).to_le_bytes());
        frame.extend_from_slice(&json);
        self.stream.set_send_timeout(Some(self.left()?))?;
        self.stream.write_all(&frame)
    }

    pub(super) fn read<T: DeserializeOwned>(&mut self) -> io::Result<T> {
        let mut length = [0; 4];
        self.fill(&mut length)?;
        let length = u32::from_le_bytes(length) as usize;
        if length > MAX_FRAME {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the message is too long"));
        }
        let mut json = vec![0; length];
        self.fill(&mut json)?;
        Ok(serde_json::from_slice(&json)?)
    }

    fn fill(&mut self, mut rest: &mut [u8]) -> io::Result<()> {
        while !rest.is_empty() {
            self.stream.set_recv_timeout(Some(self.left()?))?;
            match self.stream.read(rest) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => rest = &mut rest[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}
