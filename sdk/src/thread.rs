//! The one background thread of a client.

use std::{
    io,
    sync::{Condvar, Mutex},
    thread::{self, JoinHandle, ThreadId},
    time::{Duration, Instant},
};

use tokio::{runtime, sync::watch};

use crate::sync::lock;

/// How long requests under way may take to notice the end.
const RUNTIME_GRACE: Duration = Duration::from_millis(500);

/// A thread that runs one future on its own runtime, and can be ended and awaited within a bounded time.
pub(crate) struct Background {
    pub(crate) runtime: runtime::Handle,
    stop: watch::Sender<bool>,
    ended: std::sync::Arc<(Mutex<bool>, Condvar)>,
    thread: Mutex<Option<JoinHandle<()>>>,
    id: ThreadId,
}

impl Background {
    /// Starts `name`d thread and runs `work` on it; `work` is given a signal to end at.
    pub(crate) fn start<F, Fut>(name: &str, work: F) -> io::Result<Self>
    where
        F: FnOnce(watch::Receiver<bool>) -> Fut + Send + 'static,
        Fut: Future<Output = ()>,
    {
        let runtime = runtime::Builder::new_current_thread().enable_all().max_blocking_threads(2).build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = watch::channel(false);
        let ended = std::sync::Arc::new((Mutex::new(false), Condvar::new()));
        let end = End(ended.clone());
        let thread = thread::Builder::new().name(name.to_owned()).stack_size(512 * 1024).spawn(move || {
            let _end = end;
            runtime.block_on(work(stopped));
            runtime.shutdown_timeout(RUNTIME_GRACE);
        })?;
        let id = thread.thread().id();
        Ok(Self { runtime: handle, stop, ended, thread: Mutex::new(Some(thread)), id })
    }

    pub(crate) fn signal_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Asks the thread to end and waits for it; true if it has ended.
    pub(crate) fn stop(&self, timeout: Duration) -> bool {
        self.signal_stop();
        if thread::current().id() == self.id {
            return false;
        }
        let deadline = Instant::now().checked_add(timeout);
        let (ended, changed) = &*self.ended;
        let mut has_ended = lock(ended);
        while !*has_ended {
            let left = match deadline {
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
                None => timeout,
            };
            if left.is_zero() {
                return false;
            }
            has_ended = match changed.wait_timeout(has_ended, left) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        drop(has_ended);
        if let Some(thread) = lock(&self.thread).take() {
            // It has nothing left to do but to return.
            let _ = thread.join();
        }
        true
    }
}

/// Tells that the thread has ended, also when it panicked.
struct End(std::sync::Arc<(Mutex<bool>, Condvar)>);

impl Drop for End {
    fn drop(&mut self) {
        *lock(&self.0.0) = true;
        self.0.1.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_within_the_time_given_and_may_be_asked_twice() {
        let background = Background::start("test", |mut stopped| async move {
            let _ = stopped.wait_for(|stopped| *stopped).await;
        })
        .unwrap();
        assert!(background.stop(Duration::from_secs(10)));
        assert!(background.stop(Duration::ZERO));
    }

    #[test]
    fn a_thread_that_does_not_listen_is_not_waited_for_beyond_the_time() {
        let (release, released) = tokio::sync::oneshot::channel::<()>();
        let background = Background::start("test", |_| async move {
            let _ = released.await;
        })
        .unwrap();
        assert!(!background.stop(Duration::from_millis(10)));
        drop(release);
        assert!(background.stop(Duration::MAX));
    }
}
