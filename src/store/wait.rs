//! Reports long waits of the store.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::timeout;

/// How long a wait needs no word.
const LONG: Duration = Duration::from_secs(2);

/// The function that reports a wait.
pub(crate) type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// The wait of one task, reported once.
#[derive(Clone, Default)]
pub(super) struct Wait {
    what: Arc<str>,
    tell: Option<Tell>,
    is_told: Arc<AtomicBool>,
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wait({})", self.what)
    }
}

impl Wait {
    pub(super) fn new(what: String, tell: Option<Tell>) -> Self {
        Self {
            what: what.into(),
            tell,
            is_told: Arc::default(),
        }
    }

    /// Runs the work to its end, however long it takes.
    pub(super) fn watch<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        // On the heap, since the future holds all of the work.
        let mut work = Box::pin(work);
        async move {
            if let Ok(done) = timeout(LONG, &mut work).await {
                return done;
            }
            self.tell();
            work.await
        }
    }

    /// Whether somebody is to be told.
    pub(super) fn is_heard(&self) -> bool {
        self.tell.is_some()
    }

    /// Tells it, once.
    pub(super) fn tell(&self) {
        if let Some(tell) = &self.tell
            && !self.is_told.swap(true, Ordering::Relaxed)
        {
            tell(&self.what);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::Wait;

    #[tokio::test(start_paused = true)]
    async fn a_long_wait_is_told_once_and_ends_as_it_would() {
        let said = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&said);
        let tell = Arc::new(move |words: &str| to.lock().unwrap().push(words.to_owned()));
        let wait = Wait::new("waiting for tea".to_owned(), Some(tell));
        let after = async |seconds| {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            seconds
        };
        assert_eq!(wait.watch(after(1)).await, 1);
        assert!(said.lock().unwrap().is_empty());
        for _ in 0..2 {
            assert_eq!(wait.watch(after(30)).await, 30);
            assert_eq!(*said.lock().unwrap(), ["waiting for tea"]);
        }
    }
}
