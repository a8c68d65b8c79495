//! The mails that were sent.

/// A mail as it left.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    /// All of the message, as it was sent.
    pub raw: String,
    /// The part without HTML, decoded.
    pub text: String,
    pub html: String,
}

impl Mail {
    pub(super) fn parse(raw: &str) -> Self {
        let header = |name: &str| {
            raw.lines()
                .find_map(|line| line.strip_prefix(&format!("{name}: ")))
                .unwrap_or_else(|| panic!("no {name} in {raw}"))
                .trim()
                .to_owned()
        };
        let boundary = raw.split("boundary=\"").nth(1).unwrap();
        let boundary = boundary.split('"').next().unwrap();
        let part = |kind: &str| {
            let part = raw.split(kind).nth(1).unwrap();
            let (head, body) = part.split_once("\r\n\r\n").unwrap();
            // All of it: a line of a link that was wrapped may begin with two hyphens as well.
            let body = body.split(&format!("\r\n--{boundary}")).next().unwrap();
            match head.rsplit_once("Encoding: ").map(|(_, name)| name.trim()) {
                Some("quoted-printable") => unquoted(body),
                Some("7bit") => body.to_owned(),
                other => panic!("{other:?} is not known"),
            }
        };
        Self {
            to: header("To"),
            subject: header("Subject"),
            raw: raw.to_owned(),
            text: part("text/plain"),
            html: part("text/html"),
        }
    }

    /// The path and query of the address that the mail is about.
    pub fn link(&self) -> String {
        let at = self
            .text
            .find("http")
            .unwrap_or_else(|| panic!("no link in {self:?}"));
        let url = self.text[at..].split_whitespace().next().unwrap();
        let after = url.split_once("://").unwrap().1;
        after[after.find('/').unwrap()..].to_owned()
    }
}

/// Quoted-printable text as it was.
fn unquoted(text: &str) -> String {
    let joined = text.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'=' {
            let code: Vec<u8> = rest.by_ref().take(2).collect();
            let code = std::str::from_utf8(&code).unwrap();
            bytes.push(u8::from_str_radix(code, 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}
