//! How findings are printed: for a person, as JSON, beside the lines of a pull request; and the exit code.

use std::cmp::Reverse;
use std::io;

use anyhow::bail;
use serde_json::{Value, json};

use crate::cli::CheckArgs;
use crate::ending::Ending;
use crate::finding::{Finding, Severity, condense, count, visible_json};
use crate::talk::Talk;

/// Prints what was found, the heaviest first, and says how much it is.
///
/// # Errors
/// If there is an error among them.
pub(in crate::command) fn conclude(
    talk: &mut Talk<'_>,
    args: &CheckArgs,
    mut findings: Vec<Finding>,
) -> anyhow::Result<Ending> {
    findings.sort_by(|one, other| {
        let rank = |finding: &Finding| (Reverse(finding.severity), finding.place.clone());
        rank(one).cmp(&rank(other))
    });
    print(talk, args, &findings)?;
    let number = |severity| {
        let all = findings.iter();
        all.filter(|finding| finding.severity == severity).count()
    };
    let (errors, warnings) = (number(Severity::Error), number(Severity::Warning));
    let summary = format!("{}, {}", count(errors, "error"), count(warnings, "warning"));
    match (errors, warnings) {
        (0, 0) => {
            talk.say("nothing is wrong");
            Ok(Ending::Done)
        }
        (0, _) => {
            talk.say(&summary);
            Ok(Ending::Partial)
        }
        _ => bail!(summary),
    }
}

fn print(talk: &mut Talk<'_>, args: &CheckArgs, findings: &[Finding]) -> io::Result<()> {
    if args.json {
        let all: Vec<Value> = findings.iter().map(make_json).collect();
        let text = format!("{:#}", Value::from(all));
        return writeln!(talk.out(), "{}", visible_json(&text));
    }
    if args.annotate {
        for finding in findings {
            talk.print(&write_annotation(finding))?;
        }
        return Ok(());
    }
    let told = match talk.is_verbose() {
        true => findings.to_vec(),
        false => condense(findings.to_vec()),
    };
    for finding in &told {
        talk.print(&write_text(finding))?;
    }
    Ok(())
}

/// The finding with its code behind the first line.
fn write_text(finding: &Finding) -> String {
    let words = finding.to_string();
    let (first, rest) = match words.split_once('\n') {
        Some((first, rest)) => (first, format!("\n{rest}")),
        None => (&*words, String::new()),
    };
    let (kind, code) = (finding.severity.name(), finding.rule);
    format!("{kind} {first} [{code}]{rest}")
}

fn make_json(finding: &Finding) -> Value {
    let place = finding.place.as_ref();
    json!({
        "severity": finding.severity.name().trim_end_matches(':'),
        "code": finding.rule.code(),
        "file": place.map(|place| place.file.to_string_lossy()),
        "line": place.and_then(|place| place.line),
        "column": place.and_then(|place| place.column),
        "message": finding.message,
        "hint": finding.hint,
    })
}

/// A finding as GitHub's workflows show it beside the line.
fn write_annotation(finding: &Finding) -> String {
    let data = |text: &str| {
        text.replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    };
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let mut place = Vec::new();
    if let Some(found) = &finding.place {
        place.push(format!("file={}", property(&found.file.to_string_lossy())));
        place.extend(found.line.map(|line| format!("line={line}")));
        place.extend(found.column.map(|column| format!("col={column}")));
    }
    place.push(format!("title={}", finding.rule));
    let hint = finding.hint.iter().map(|hint| format!("\n{hint}"));
    let words: String = [finding.message.clone()].into_iter().chain(hint).collect();
    let kind = match finding.severity {
        Severity::Note => "notice",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    format!("::{kind} {}::{}", place.join(","), data(&words))
}
