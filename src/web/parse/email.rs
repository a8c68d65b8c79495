//! Email addresses: those that a mail can reach, in the one spelling that mail servers use.

use std::borrow::Cow;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use lettre::Address;

use crate::text::is_unseen;
use crate::web::form::Parsed;

const MOST: usize = 254;

/// An email address that can be sent to, its host as mail servers call it: `me@bücher.example` is
/// `me@xn--bcher-kva.example`. What stands before the `@` stays as it was typed. Only a mail proves the rest.
pub fn email(text: &str) -> Parsed<String> {
    let text = text.trim();
    if text.chars().any(is_unseen) {
        return Err(
            "This has a character that cannot be seen. Type the address instead of pasting it."
                .into(),
        );
    }
    let Some(address) = reachable(text) else {
        return Err("Type an email address such as name@example.org.".into());
    };
    if address.len() > MOST {
        return Err(format!("This is too long: {MOST} characters at most.").into());
    }
    Ok(address)
}

/// The address that somebody names who may have had it since before it was read so strictly: as [`email`] reads it, and
/// else as it stands.
pub fn known_email(text: &str) -> String {
    email(text).unwrap_or_else(|_| text.trim().to_owned())
}

fn reachable(text: &str) -> Option<String> {
    let (local, host) = text.rsplit_once('@')?;
    let host = ascii(host)?;
    // A name between quotes may hold anything, and hardly any server takes it.
    let is_plain = !local.contains(|c: char| c.is_whitespace() || c == '"');
    // The last label of a name has a letter: else it is a number of the network.
    let last = host.rsplit_once('.')?.1;
    let is_name = last.contains(|c: char| !c.is_ascii_digit());
    // What sends it takes it as well.
    let address = Address::new(local, &*host).ok()?;
    (is_plain && is_name).then(|| address.to_string())
}

/// A host in the letters of the domain name system, if it can be a name there.
fn ascii(host: &str) -> Option<Cow<'_, str>> {
    Uts46::new()
        .to_ascii(
            host.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_that_can_be_reached_is_taken_in_one_spelling() {
        for (text, address) in [
            ("name+tag@example.org", "name+tag@example.org"),
            (" Name.Surname@Example.ORG ", "Name.Surname@example.org"),
            ("o'neill@example.org", "o'neill@example.org"),
            ("user@bücher.example", "user@xn--bcher-kva.example"),
            ("user@BU\u{308}CHER.example", "user@xn--bcher-kva.example"),
            ("user@XN--BCHER-KVA.example", "user@xn--bcher-kva.example"),
            ("user@例え。テスト", "user@xn--r8jz45g.xn--zckzah"),
            ("jürgen@example.org", "jürgen@example.org"),
            ("a@a.b", "a@a.b"),
        ] {
            assert_eq!(email(text).as_deref(), Ok(address), "{text}");
        }
        let most = format!("{}@{}.org", "a".repeat(64), "b".repeat(63));
        assert!(email(&most).is_ok());
    }

    #[test]
    fn an_address_that_no_mail_can_reach_is_refused() {
        for text in [
            "",
            "name",
            "name@",
            "@example.org",
            "a b@example.org",
            "a@b",
            "a@b@c.de",
            "a@.de",
            "a\n@b.de",
            "na..me@example.org",
            ".name@example.org",
            "name.@example.org",
            "name@example..test",
            "name@-example.test",
            "name@example-.test",
            "name@exa_mple.test",
            "name@example.org.",
            "name@xn--.example",
            "name@127.0.0.1",
            "name@[127.0.0.1]",
            "\"a b\"@example.org",
            "name@exam\u{200b}ple.org",
            "na\u{ad}me@example.org",
            "name@example.org\u{feff}",
            "na\u{0}me@example.org",
            "Robin <name@example.org>",
        ] {
            assert!(email(text).is_err(), "{text:?}");
        }
        assert!(email(&format!("{}@example.org", "a".repeat(65))).is_err());
        assert!(email(&format!("a@{}.org", "b".repeat(64))).is_err());
        assert!(email(&format!("a@{}org", "abcdefghi.".repeat(25))).is_err());
    }

    proptest! {
        #[test]
        fn what_is_read_is_read_as_it_is(local in "[a-zA-Z.+é]{1,10}", host in "[a-zß-ÿ.-]{1,12}") {
            if let Ok(address) = email(&format!("{local}@{host}.example")) {
                prop_assert_eq!(email(&address), Ok(address.clone()));
                prop_assert_eq!(address.rsplit_once('@').map(|(local, _)| local), Some(&*local));
            }
        }
    }
}
