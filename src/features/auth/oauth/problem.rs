//! Why signing in elsewhere came to nothing: one word in the address of the page that says it.

use axum::response::Redirect;
use serde::Deserialize;

use super::Provider;

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Problem {
    Denied,
    Strange,
    Late,
    Down,
    Untrusted,
    Unnamed,
    Exists,
    Closed,
    Taken,
    Another,
    Last,
}

impl Problem {
    fn as_str(self) -> &'static str {
        match self {
            Problem::Denied => "denied",
            Problem::Strange => "strange",
            Problem::Late => "late",
            Problem::Down => "down",
            Problem::Untrusted => "untrusted",
            Problem::Unnamed => "unnamed",
            Problem::Exists => "exists",
            Problem::Closed => "closed",
            Problem::Taken => "taken",
            Problem::Another => "another",
            Problem::Last => "last",
        }
    }

    fn words(self, name: &str) -> String {
        match self {
            Problem::Denied => {
                format!("You did not let {name} tell us who you are. Nothing was changed.")
            }
            Problem::Strange => format!(
                "This visit to {name} was not begun in this browser, or has ended already. Begin again."
            ),
            Problem::Late => format!("The visit to {name} took too long. Begin again."),
            Problem::Down => {
                format!(
                    "{name} does not answer right now. Try again in a minute, or use another way."
                )
            }
            Problem::Untrusted => format!(
                "{name}'s answer could not be verified, so nothing was done with it. Begin again."
            ),
            Problem::Unnamed => format!(
                "{name} did not tell us your e-mail address. Allow it there, or open an account with a password."
            ),
            Problem::Exists => format!(
                "There is an account with this address. Log in, then link {name} in the security settings."
            ),
            Problem::Closed => "This account is closed.".to_owned(),
            Problem::Taken => {
                format!("This {name} account belongs to another StakeEasy account already.")
            }
            Problem::Another => {
                format!("Another {name} account is linked already. Unlink it first.")
            }
            Problem::Last => format!(
                "{name} is the only way into your account. Set a password or add a passkey first, then unlink it."
            ),
        }
    }

    /// To a page that takes a [`Told`].
    pub fn at(self, page: &str, provider: Provider) -> Redirect {
        Redirect::to(&format!(
            "{page}?problem={}&with={}",
            self.as_str(),
            provider.slug()
        ))
    }
}

/// The part of a page's address that says what went wrong.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Told {
    problem: Option<Problem>,
    with: Option<Provider>,
}

impl Told {
    /// The sentence that the page shows.
    pub fn sentence(self) -> Option<String> {
        Some(self.problem?.words(self.with?.name()))
    }
}
