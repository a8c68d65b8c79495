//! Where to go on to: a path of ours, or nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A path of ours to go on to. What comes from outside and is anything else becomes none, so that no link and no redirect
/// can lead elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Next(String);

/// What the address of a page says that leads on, and a form with nothing but a button.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub next: Next,
}

impl Next {
    /// The path, else the dashboard's.
    pub fn path(&self) -> &str {
        self.or("/dashboard")
    }

    /// The path, else another one of ours.
    pub fn or<'a>(&'a self, other: &'a str) -> &'a str {
        if self.0.is_empty() { other } else { &self.0 }
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The path of a page that leads on to this one.
    pub fn after(&self, page: &str) -> String {
        let next: String = form_urlencoded::byte_serialize(self.path().as_bytes()).collect();
        format!("{page}?next={next}")
    }
}

impl From<&str> for Next {
    fn from(text: &str) -> Self {
        let is_ours = text.starts_with('/')
            && !text.starts_with("//")
            && !text.contains('\\')
            && !text.chars().any(char::is_control);
        Self(if is_ours {
            text.to_owned()
        } else {
            String::new()
        })
    }
}

impl From<String> for Next {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Next> for String {
    fn from(next: Next) -> Self {
        next.0
    }
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_gone_on_to() {
        let ours = "/entries?kind=deposit";
        assert_eq!(Next::from(ours).path(), ours);
        assert_eq!(
            Next::from(ours).after("/login"),
            "/login?next=%2Fentries%3Fkind%3Ddeposit"
        );
        for text in [
            "",
            "entries",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\nb",
            "/a\u{0}",
        ] {
            let next = Next::from(text);
            assert!(next.is_empty(), "{text:?}");
            assert_eq!(
                (next.path(), next.to_string()),
                ("/dashboard", String::new())
            );
        }
    }
}
