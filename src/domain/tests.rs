//! Records as they are found, and what is said of them.

use super::alignment::Alignment;
use super::dkim::compare;
use super::dmarc::read;
use super::spf::{SpfRecord, records};
use super::tree::walk;

#[test]
fn terms_of_spf_are_read() {
    for (text, lookups) in [
        ("v=spf1 -all", 0),
        ("v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ~all", 0),
        ("v=spf1 a mx ptr include:_spf.relay.example ?all", 4),
        ("v=spf1 a/24 a:mail.x.example/24//64 mx//64 -all", 3),
        (
            "v=spf1 exists:%{i}._spf.x.example redirect=_spf.x.example",
            2,
        ),
        (
            "v=spf1 INCLUDE:x.example exp=why.x.example unknown=1 -ALL",
            1,
        ),
    ] {
        let record = SpfRecord::parse(text).unwrap();
        assert_eq!(record.lookups, lookups, "{text}");
    }
    for wrong in [
        "ipv4:192.0.2.1",
        "ip4:192.0.2",
        "ip4:192.0.2.0/33",
        "ip4:",
        "ip6:192.0.2.1",
        "ip6:2001:db8::/129",
        "include",
        "include:",
        "include:relay",
        "a/x",
        "alll",
        "all:x",
        "redirect=",
        "192.0.2.1",
    ] {
        let error = SpfRecord::parse(&format!("v=spf1 {wrong} -all")).unwrap_err();
        assert_eq!(error.to_string(), format!("`{wrong}` is no term of SPF"));
    }
}

#[test]
fn only_one_word_begins_a_record_of_spf() {
    let texts = [
        "v=spf1 -all",
        "V=SPF1",
        "v=spf10 -all",
        "google=1",
        "spf1 -all",
    ];
    let texts = texts.map(str::to_owned);
    assert_eq!(records(&texts), [&texts[0], &texts[1]]);
}

#[test]
fn a_walk_asks_at_most_eight_names() {
    let walked = |domain| walk(domain).join(" ");
    assert_eq!(walked("x.example"), "x.example example");
    assert_eq!(walked("example"), "example");
    assert_eq!(walked("A.b.example."), "a.b.example b.example example");
    // RFC 9989, 4.10: from eight labels on the second question is about seven.
    assert_eq!(
        walked("a.b.c.d.e.f.g.h.i.j.mail.example.com"),
        "a.b.c.d.e.f.g.h.i.j.mail.example.com g.h.i.j.mail.example.com h.i.j.mail.example.com \
         i.j.mail.example.com j.mail.example.com mail.example.com example.com com"
    );
    assert_eq!(walk("a.b.c.d.e.f.g.h").len(), 8);
}

#[test]
fn a_policy_is_read_with_its_faults() {
    for (text, words) in [
        ("v=DMARC1; p=none; rua=mailto:d@x.example", ""),
        (
            "v=DMARC1;p=reject;sp=quarantine;np=reject;adkim=s;aspf=r;psd=n;t=y;fo=1",
            "",
        ),
        ("v=DMARC1; p=nothing", "`p=nothing`"),
        ("v=DMARC1; rua=mailto:d@x.example", "no policy"),
        (
            "v=DMARC1; p=none; pct=50",
            "`pct` in the DMARC record of x.example means nothing",
        ),
        ("v=DMARC1; p=none; ri=3600", "`ri`"),
        ("v=DMARC1; p=none; adkim=strict", "`adkim=strict`"),
        ("v=DMARC1; p=none; rua=d@x.example", "`rua=d@x.example`"),
        ("v=DMARC1; p=none; t=1", "`t=1`"),
        ("v=DMARC1; p=none; psd=x", "`psd=x`"),
    ] {
        let (_, findings) = read("x.example", text);
        let said: Vec<_> = findings.iter().map(|one| one.message.as_str()).collect();
        match words {
            "" => assert!(said.is_empty(), "{text}: {said:?}"),
            _ => assert!(
                said.len() == 1 && said[0].contains(words),
                "{text}: {said:?}"
            ),
        }
    }
    let (record, _) = read("x.example", "v=DMARC1; p=none; adkim=s");
    assert_eq!(
        (record.dkim, record.spf),
        (Alignment::Strict, Alignment::Relaxed)
    );
}

#[test]
fn a_key_in_dns_must_be_the_one_that_signs() {
    let own = "v=DKIM1; k=rsa; p=AAAA";
    for (shown, words) in [
        (&["v=DKIM1; k=rsa; p=AA AA"][..], ""),
        (&["p=AAAA"], ""),
        (&["v=DKIM1; p=AAAA; s=email; n=note"], ""),
        (&[], "DNS has no key at `t1._domainkey.x.example`"),
        (&["p=AAAA", "p=BBBB"], "2 records"),
        (
            &["v=DKIM1; k=rsa; p=BBBB"],
            "is not the one that signs here",
        ),
        (&["v=DKIM1; k=rsa; p="], "is revoked"),
        (&["v=DKIM1; k=rsa"], "no key (`p=`)"),
        (&["v=DKIM2; k=rsa; p=AAAA"], "v=DKIM1"),
        (&["v=DKIM1; k=ed25519; p=AAAA"], "another kind"),
        (&["v=DKIM1; h=sha1; p=AAAA"], "sha256"),
        (&["v=DKIM1; t=y:s; p=AAAA"], "`t=y`"),
    ] {
        let shown: Vec<String> = shown.iter().map(|&text| text.to_owned()).collect();
        let findings = compare("t1._domainkey.x.example", own, &shown);
        let said: Vec<_> = findings.iter().map(|one| one.message.as_str()).collect();
        match words {
            "" => assert!(said.is_empty(), "{shown:?}: {said:?}"),
            _ => assert!(
                said.len() == 1 && said[0].contains(words),
                "{shown:?}: {said:?}"
            ),
        }
    }
}
