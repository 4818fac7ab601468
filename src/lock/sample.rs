//! The ids of a site that was tried out under an address for examples: many sites begin there, and ids must be unique.

use crate::config::is_sample_host;
use crate::finding::Finding;
use crate::lock::Lock;
use crate::lock::lines::Line;

impl Lock {
    /// Parses the text of a lock for the site of this authority.
    ///
    /// # Errors
    /// As [`Lock::parse`].
    pub fn parse_for(text: &str, authority: &str) -> Result<Self, Finding> {
        let mut lock = Self::parse(text)?;
        lock.leave_sample(authority);
        Ok(lock)
    }

    /// Gives the ids that were minted under an address for examples to the site's real host, once that is known.
    fn leave_sample(&mut self, authority: &str) {
        let is_sample = |host: &&String| is_sample_host(host) && !is_sample_host(authority);
        let Some(sample) = self.authority.as_ref().filter(is_sample) else {
            return;
        };
        let minted = format!("tag:{sample},");
        let lines: Vec<String> = self
            .posts
            .iter()
            .filter(|line| line.id.starts_with(&minted))
            .map(|line| line.to_string())
            .collect();
        for line in lines.iter().filter_map(|line| Line::parse(line)) {
            let rest = &line.id[minted.len()..];
            let id = format!("tag:{authority},{rest}");
            self.posts.put(Line { id: &id, ..line });
        }
        self.authority = Some(authority.to_owned());
    }
}
