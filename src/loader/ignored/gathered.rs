//! Gathers which files a generator leaves out of its site, and reports the settings that cannot be read.

use std::path::PathBuf;

use regex::bytes::RegexSet;
use serde_json::Value;

use super::Ignored;
use super::glob::Unread;
use crate::file::read::{WRITTEN, read_text};
use crate::finding::{Finding, Rule};
use crate::loader::generator::keys::Generator;

/// Expressions, on their way into an [`Ignored`].
pub(in crate::loader) struct Gathered<'a> {
    pub(in crate::loader) generator: &'a Generator,
    /// The other config files, where a setting may stand.
    more_files: Vec<PathBuf>,
    pub(in crate::loader) files: Vec<String>,
    pub(in crate::loader) folders: Vec<String>,
    pub(in crate::loader) kept: Vec<String>,
    /// Folders of which only the files that match these expressions are taken.
    pub(in crate::loader) only: Vec<(String, Vec<String>)>,
    pub(in crate::loader) findings: Vec<Finding>,
}

impl<'a> Gathered<'a> {
    pub(in crate::loader) fn new(generator: &'a Generator, more_files: Vec<PathBuf>) -> Self {
        let [files, folders, kept] = [Vec::new(), Vec::new(), Vec::new()];
        Self {
            generator,
            more_files,
            files,
            folders,
            kept,
            only: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Adds an expression made from a setting; reports one that cannot be read.
    pub(in crate::loader) fn read(
        &mut self,
        pattern: &str,
        made: Result<String, Unread>,
    ) -> Option<String> {
        made.inspect_err(|error| {
            let (file, line) = self.place(pattern);
            let finding = explain_unread(pattern, error).in_file(file);
            self.findings.push(match line {
                Some(line) => finding.at_line(line),
                None => finding,
            });
        })
        .ok()
    }

    /// The file and the line of the config that hold this text.
    fn place(&self, pattern: &str) -> (PathBuf, Option<usize>) {
        // Between double quotes a backslash is written twice.
        let spellings = [pattern.to_owned(), pattern.replace('\\', "\\\\")];
        let says = |line: &str| spellings.iter().any(|spelling| line.contains(spelling));
        let mut files = [&self.generator.file].into_iter().chain(&self.more_files);
        let found = files.find_map(|file| {
            let line = read_text(file, WRITTEN).ok()?.lines().position(says)?;
            Some((file.clone(), Some(line + 1)))
        });
        found.unwrap_or_else(|| (self.generator.file.clone(), None))
    }

    /// Compiles the expressions.
    pub(in crate::loader) fn together(mut self) -> (Ignored, Vec<Finding>) {
        let lists = [&mut self.files, &mut self.folders, &mut self.kept].map(std::mem::take);
        let only = std::mem::take(&mut self.only);
        let mut set = |list: Vec<String>| {
            RegexSet::new(list).unwrap_or_else(|_| {
                let finding = Finding::warning(
                    Rule::IgnoreUnread,
                    "it leaves out more than can be followed",
                );
                self.findings.push(
                    finding
                        .in_file(&self.generator.file)
                        .hint("leave out by folder, not by file"),
                );
                RegexSet::empty()
            })
        };
        let [files, folders, kept] = lists.map(&mut set);
        let only = only
            .into_iter()
            .map(|(folder, taken)| (folder, set(taken)))
            .collect();
        (
            Ignored {
                files,
                folders,
                kept,
                only,
            },
            self.findings,
        )
    }
}

pub(in crate::loader) fn explain_unread(pattern: &str, error: &Unread) -> Finding {
    let finding = Finding::warning(
        Rule::IgnoreUnread,
        format!("`{pattern}` cannot be read: {error}"),
    );
    finding.hint("write it in another way: what it leaves out of the site is taken in here")
}

/// The texts of a setting: those of a list, or a single one.
pub(in crate::loader) fn texts(setting: Option<&Value>) -> Vec<&str> {
    match setting {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one],
        _ => Vec::new(),
    }
}
