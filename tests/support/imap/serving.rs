//! The server's side of one connection: reads commands, answers them, and goes wrong where it was told to.

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Account, Folder, Kept, PASSWORD, Slip, USER};

pub(super) struct Serving<S: Read + Write> {
    stream: BufReader<S>,
    account: Arc<Mutex<Account>>,
    folder: Option<String>,
}

impl<S: Read + Write> Serving<S> {
    pub(super) fn new(stream: S, account: Arc<Mutex<Account>>) -> Self {
        Self {
            stream: BufReader::new(stream),
            account,
            folder: None,
        }
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let chunk = self.account.lock().unwrap().manners.chunk;
        for some in bytes.chunks(chunk.min(bytes.len().max(1))) {
            self.stream.get_mut().write_all(some)?;
            self.stream.get_mut().flush()?;
        }
        Ok(())
    }

    fn read(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// A line, each of its literals in its place as a quoted string.
    fn read_command(&mut self) -> std::io::Result<String> {
        let mut line = self.read()?;
        while let Some(at) = line.rfind('{').filter(|_| line.ends_with('}')) {
            let length = line[at + 1..line.len() - 1].parse().unwrap();
            self.write(b"+ go on\r\n")?;
            let mut literal = vec![0; length];
            self.stream.read_exact(&mut literal)?;
            let literal = String::from_utf8(literal).unwrap();
            line.truncate(at);
            line.push_str(&quoted(&literal));
            line.push_str(&self.read()?);
        }
        Ok(line)
    }

    pub(super) fn serve(mut self) -> std::io::Result<()> {
        let greeting = b"* OK hello\r\n";
        if let Some(slip) = self.slip_at("greeting") {
            return self.go_wrong(slip, greeting);
        }
        self.write(greeting)?;
        loop {
            let line = self.read_command()?;
            let (tag, command) = line.split_once(' ').unwrap();
            let (tag, command) = (tag.to_owned(), command.to_owned());
            self.account.lock().unwrap().heard.push(command.clone());
            let verb = verb_of(&command);
            let slip = self.slip_at(&verb);
            // The command has its effect also where nobody hears of it.
            if !matches!(slip, Some(Slip::Hang | Slip::Drop | Slip::Says(_))) || verb == "UID COPY"
            {
                let answer = self.answer(&tag, &verb, &command)?;
                match slip {
                    Some(slip) => return self.go_wrong(slip, &answer),
                    None => self.write(&answer)?,
                }
            } else if let Some(slip) = slip {
                self.go_wrong(slip, tag.as_bytes())?;
            }
            if verb == "LOGOUT" {
                return Ok(());
            }
        }
    }

    fn slip_at(&self, verb: &str) -> Option<Slip> {
        let mut account = self.account.lock().unwrap();
        let used = account.used.entry(verb.to_owned()).or_default();
        *used += 1;
        let used = *used;
        let (at, from, slip) = account.manners.slip?;
        (at == verb && used > from).then_some(slip)
    }

    fn go_wrong(&mut self, slip: Slip, answer: &[u8]) -> std::io::Result<()> {
        match slip {
            Slip::Drop => Err(std::io::ErrorKind::ConnectionAborted.into()),
            Slip::Half => {
                self.write(&answer[..answer.len() / 2])?;
                Err(std::io::ErrorKind::ConnectionAborted.into())
            }
            Slip::Hang => {
                thread::sleep(Duration::from_secs(20));
                Err(std::io::ErrorKind::TimedOut.into())
            }
            Slip::Says(words) => {
                let tag = String::from_utf8_lossy(answer).into_owned();
                self.write(words.replace("TAG", &tag).as_bytes())
            }
        }
    }

    fn answer(&mut self, tag: &str, verb: &str, command: &str) -> std::io::Result<Vec<u8>> {
        let words = words_of(command);
        let account = Arc::clone(&self.account);
        if verb == "AUTHENTICATE" {
            let given = if let Some(given) = words.get(2) {
                given.clone()
            } else {
                self.write(b"+ \r\n")?;
                self.read()?
            };
            let expected = STANDARD.encode(format!("\0{USER}\0{PASSWORD}"));
            return Ok(login_answer(tag, given == expected));
        }
        let mut account = account.lock().unwrap();
        let offers = account.manners.offers;
        let below_inbox = account.manners.below_inbox;
        let may_be = |name: &str| !below_inbox || name.starts_with("INBOX");
        let done = format!("{tag} OK done\r\n");
        let text = match verb {
            "CAPABILITY" => format!("* CAPABILITY IMAP4rev1 {offers}\r\n{done}"),
            "LOGIN" => {
                let is_right = words[1] == USER && words[2] == PASSWORD;
                return Ok(login_answer(tag, is_right));
            }
            "LOGOUT" => format!("* BYE bye\r\n{done}"),
            "SUBSCRIBE" => done,
            "LIST" => {
                let found = match words[2].as_str() {
                    "" => "* LIST (\\Noselect) \".\" \"\"\r\n".to_owned(),
                    name if account.folders.contains_key(name) => {
                        format!("* LIST (\\HasNoChildren) \".\" {}\r\n", quoted(name))
                    }
                    _ => String::new(),
                };
                found + &done
            }
            "CREATE" if !may_be(&words[1]) => format!("{tag} NO [CANNOT] not there\r\n"),
            "CREATE" => {
                account.folders.insert(words[1].clone(), Folder::new(9));
                done
            }
            "SELECT" | "EXAMINE" => match account.folders.get(&words[1]) {
                None => format!("{tag} NO [NONEXISTENT] no such mailbox\r\n"),
                Some(folder) => {
                    self.folder = Some(words[1].clone());
                    let access = if verb == "SELECT" {
                        "READ-WRITE"
                    } else {
                        "READ-ONLY"
                    };
                    format!(
                        "* FLAGS (\\Answered \\Deleted)\r\n* {} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY {}] so\r\n\
                         * OK [UIDNEXT {}] so\r\n{tag} OK [{access}] done\r\n",
                        folder.messages.len(),
                        folder.validity,
                        folder.next
                    )
                }
            },
            _ => {
                let name = self.folder.clone().unwrap();
                return Ok(in_folder(&mut account, &name, tag, verb, &words));
            }
        };
        Ok(text.into_bytes())
    }
}

/// Answers a command that needs a selected mailbox.
fn in_folder(
    account: &mut Account,
    name: &str,
    tag: &str,
    verb: &str,
    words: &[String],
) -> Vec<u8> {
    let done = format!("{tag} OK done\r\n");
    let folder = account.folders.get_mut(name).unwrap();
    match verb {
        "UID SEARCH" => {
            assert_eq!((words[2].as_str(), words[4].as_str()), ("UID", "UNDELETED"));
            let (first, last) = words[3].split_once(':').unwrap();
            let first: u32 = first.parse().unwrap();
            let last: u32 = last.parse().unwrap_or(u32::MAX);
            let mut found: Vec<String> = Vec::new();
            for (uid, kept) in folder.messages.range(first..=last) {
                if !kept.is_deleted {
                    found.push(format!(" {uid}"));
                }
            }
            format!("* SEARCH{}\r\n{done}", found.concat()).into_bytes()
        }
        "UID FETCH" => {
            let uid: u32 = words[2].parse().unwrap();
            let most = words.last().unwrap();
            let most = most[most.find("<0.").unwrap() + 3..].trim_end_matches([')', '>']);
            let most: usize = most.parse().unwrap();
            let mut answer = Vec::new();
            if let Some(kept) = folder.messages.get(&uid) {
                let bytes = &kept.bytes[..kept.bytes.len().min(most)];
                let head = format!("* 1 FETCH (UID {uid} BODY[]<0> {{{}}}\r\n", bytes.len());
                answer.extend_from_slice(head.as_bytes());
                answer.extend_from_slice(bytes);
                answer.extend_from_slice(b")\r\n");
            }
            answer.extend_from_slice(done.as_bytes());
            answer
        }
        "UID STORE" => {
            assert_eq!(words[3..], ["+FLAGS.SILENT", "(\\Deleted)"]);
            for uid in uids(&words[2]) {
                folder.messages.get_mut(&uid).unwrap().is_deleted = true;
            }
            done.into_bytes()
        }
        "UID EXPUNGE" => {
            for uid in uids(&words[2]) {
                folder
                    .messages
                    .retain(|of, kept| *of != uid || !kept.is_deleted);
            }
            done.into_bytes()
        }
        "UID MOVE" | "UID COPY" => {
            let those = uids(&words[2]);
            let kept = those.iter().filter_map(|uid| folder.messages.get(uid));
            let taken: Vec<Kept> = kept.cloned().collect();
            if verb == "UID MOVE" {
                folder.messages.retain(|uid, _| !those.contains(uid));
            }
            let Some(to) = account.folders.get_mut(&words[3]) else {
                return format!("{tag} NO [TRYCREATE] no such mailbox\r\n").into_bytes();
            };
            for kept in taken {
                to.add(kept.bytes);
            }
            done.into_bytes()
        }
        _ => format!("{tag} BAD what\r\n").into_bytes(),
    }
}

fn login_answer(tag: &str, is_right: bool) -> Vec<u8> {
    // A server that tells too much.
    let no = format!("NO [AUTHENTICATIONFAILED] {PASSWORD} is wrong");
    let words = if is_right { "OK welcome" } else { &no };
    format!("{tag} {words}\r\n").into_bytes()
}

fn verb_of(command: &str) -> String {
    let mut words = command.split(' ');
    let first = words.next().unwrap_or_default();
    match first {
        "UID" => format!("UID {}", words.next().unwrap_or_default()),
        first => first.to_owned(),
    }
}

fn uids(list: &str) -> Vec<u32> {
    list.split(',').map(|uid| uid.parse().unwrap()).collect()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The words of a command, quoted strings as what they say.
fn words_of(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        let word = words.last_mut().unwrap();
        match c {
            '\\' if is_quoted => word.extend(chars.next()),
            '"' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            c => word.push(c),
        }
    }
    words
}
