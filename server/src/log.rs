//! The log, on standard error: written in blocks, since a system call for every line is what logging costs.

use std::{
    io::{self, Write as _},
    sync::Arc,
    thread,
    time::Duration,
};

use parking_lot::{Condvar, Mutex};
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

/// How long a line may wait to be written. Warnings and errors do not wait.
const PATIENCE: Duration = Duration::from_millis(50);
/// What may wait, in bytes.
const BLOCK: usize = 64 * 1024;

/// Where the lines of the log go. Cheap to clone.
#[derive(Clone, Default)]
pub struct LogWriter(Arc<Shared>);

#[derive(Default)]
struct Shared {
    block: Mutex<Vec<u8>>,
    begun: Condvar,
}

impl LogWriter {
    /// Starts the thread that writes.
    ///
    /// # Errors
    /// No thread could be started.
    pub fn start() -> io::Result<Self> {
        let writer = Self::default();
        let shared = Arc::clone(&writer.0);
        thread::Builder::new().name("log".to_owned()).spawn(move || shared.write_forever())?;
        Ok(writer)
    }

    /// Writes what waits: before the process ends.
    pub fn flush(&self) {
        self.0.flush(&mut self.0.block.lock());
    }
}

impl Shared {
    fn write_forever(&self) {
        loop {
            let mut block = self.block.lock();
            self.begun.wait_while(&mut block, |block| block.is_empty());
            drop(block);
            thread::sleep(PATIENCE);
            self.flush(&mut self.block.lock());
        }
    }

    fn flush(&self, block: &mut Vec<u8>) {
        // Nobody can be told that the log can't be written.
        let _ = io::stderr().lock().write_all(block);
        block.clear();
    }
}

/// One line on its way.
pub struct Line<'a> {
    shared: &'a Shared,
    at_once: bool,
}

impl io::Write for Line<'_> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut block = self.shared.block.lock();
        if block.is_empty() && !self.at_once {
            self.shared.begun.notify_one();
        }
        block.extend_from_slice(text);
        if self.at_once || block.len() >= BLOCK {
            self.shared.flush(&mut block);
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { shared: &self.0, at_once: false }
    }

    fn make_writer_for(&'a self, meta: &tracing::Metadata<'_>) -> Line<'a> {
        Line { shared: &self.0, at_once: *meta.level() <= Level::WARN }
    }
}
