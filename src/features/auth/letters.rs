//! What our mails about accounts say.

use chrono::{DateTime, Utc};

use super::guessing::WarnOfGuessing;
use super::throttle::Secret;
use crate::app::App;
use crate::email::{Action, Letter};
use crate::web::caller;
use crate::web::format::isolated;

const NOT_YOU: &str =
    "If this was not you, you need not do anything: without the link nothing happens.";
const NOT_YOU_DONE: &str = "If this was not you, set a new password at once: \"Forgot your password?\" on the login page does \
                            it and ends every session.";

fn button(app: &App, label: &str, path: &str) -> Action {
    Action {
        label: label.to_owned(),
        url: format!("{}{path}", app.config.origin()),
    }
}

fn letter(subject: &str, paragraphs: &[&str], action: Action, otherwise: &str) -> Letter {
    Letter {
        subject: subject.to_owned(),
        paragraphs: paragraphs.iter().map(ToString::to_string).collect(),
        code: None,
        action: Some(action),
        otherwise: otherwise.to_owned(),
    }
}

/// Goes to the address of a new registration.
pub fn open_account(app: &App, token: &str) -> Letter {
    letter(
        "Confirm your address",
        &[
            "Somebody wants to open a StakeEasy account with this address. Confirm that it is yours, and the account is \
             open. The link works for three days.",
        ],
        button(
            app,
            "Confirm my address",
            &format!("/register/open/{token}"),
        ),
        NOT_YOU,
    )
}

/// To the owner of an account that somebody tried to open once more.
pub fn known_already(app: &App) -> Letter {
    letter(
        "You have an account already",
        &[
            "Somebody tried to open a StakeEasy account with this address, which has one already. If it was you, log in. If \
           you have forgotten the password, the login page helps.",
        ],
        button(app, "Log in", "/login"),
        "If this was not you, you need not do anything: nothing was changed.",
    )
}

/// The link to a new password.
pub fn reset(app: &App, token: &str) -> Letter {
    letter(
        "Set a new password",
        &[
            "Somebody asked for a new password for your StakeEasy account. The link works once, for 30 minutes. A second \
           factor, if you have one, is asked for as ever.",
        ],
        button(
            app,
            "Set a new password",
            &format!("/password/reset/{token}"),
        ),
        NOT_YOU,
    )
}

/// A notice.
pub fn password_changed(app: &App) -> Letter {
    letter(
        "Your password was changed",
        &[
            "The password of your StakeEasy account was changed just now. All other sessions have ended.",
        ],
        button(app, "Look at what happened", "/settings/activity"),
        NOT_YOU_DONE,
    )
}

/// To the new address of an account.
pub fn change_address(app: &App, token: &str) -> Letter {
    letter(
        "Confirm your new address",
        &[
            "Confirm that this address is yours, and your StakeEasy account uses it from then on. The link works for one hour.",
        ],
        button(app, "Use this address", &format!("/confirm/{token}")),
        NOT_YOU,
    )
}

/// To the address that an account had before.
pub fn address_changed(app: &App, to: &str, token: &str) -> Letter {
    letter(
        "Your address was changed",
        &[
            &format!(
                "Your StakeEasy account uses {to} from now on, and mail no longer comes here."
            ),
            "If you did not want this, take it back. The link works for 72 hours, and ends every session.",
        ],
        button(app, "Take it back", &format!("/confirm/{token}")),
        "If you did this, there is nothing to do.",
    )
}

/// A notice: somebody has the password, and perhaps nothing else.
pub fn unfinished(app: &App, device: &str, place: &str, when: DateTime<Utc>) -> Letter {
    let whence = whence(device, place, when);
    letter(
        "A login was not finished",
        &[&format!(
            "Somebody had the right password for your StakeEasy account, or came from a service that you log in with, but \
             showed no second factor: {whence}. They did not get in."
        )],
        button(app, "Look at what happened", "/settings/activity"),
        "If this was you, there is nothing to do. If not, set a new password at once: \"Forgot your password?\" on the login \
         page does it and ends every session.",
    )
}

/// A notice: somebody is trying to find a secret out.
pub fn guessing(app: &App, told: &WarnOfGuessing) -> Letter {
    let whence = whence(&caller::device(&told.agent), &told.place, told.at);
    let tries = told.tries;
    let (subject, what, then, page) = match (told.secret, told.by_stranger) {
        (Secret::Password, true) => (
            "Somebody is guessing your password",
            format!(
                "Somebody has entered {tries} wrong passwords in a row for your StakeEasy account. None of them was right. The \
                 last one: {whence}."
            ),
            "From now on the password alone isn't enough on a device you haven't logged in with before: we also ask for a \
             code from your email or your authenticator app. The devices you have used work as always.",
            "/settings/activity",
        ),
        (Secret::Password, false) => (
            "Somebody is guessing your password",
            format!(
                "Somebody has entered {tries} wrong passwords in a row on a device that is logged in to your StakeEasy account \
                 or was before: {whence}."
            ),
            "Each further try has to wait up to a minute.",
            "/settings/sessions",
        ),
        (Secret::SecondFactor, true) => (
            "Somebody is guessing your codes",
            format!(
                "Somebody who knows your password, or has an account that logs you in, has entered {tries} wrong codes in a \
                 row: {whence}. They didn't get in."
            ),
            "Each further try has to wait. Set a new password, and they can't try any more.",
            "/settings/activity",
        ),
        (Secret::SecondFactor, false) => (
            "Somebody is guessing your codes",
            format!(
                "Somebody has entered {tries} wrong codes in a row on a device that is logged in to your StakeEasy account or \
                 was before: {whence}."
            ),
            "Each further try has to wait up to a minute.",
            "/settings/sessions",
        ),
    };
    let label = match page {
        "/settings/sessions" => "See your devices",
        _ => "See what happened",
    };
    letter(
        subject,
        &[&what, then],
        button(app, label, page),
        "Was it you? Then there's nothing to do. If not, set a new password: \"Forgot your password?\" on the login page does \
         it and ends every session.",
    )
}

/// `Firefox on Linux, from 192.0.2.0/24, 30 October 2026, 12:00 UTC`
fn whence(device: &str, place: &str, when: DateTime<Utc>) -> String {
    let place = match place {
        "" => "an unknown network",
        place => place,
    };
    let when = when.format("%-d %B %Y, %H:%M UTC");
    format!("{device}, from {place}, {when}")
}

/// A notice after signing in where nobody had before.
pub fn new_device(app: &App, device: &str, place: &str, when: DateTime<Utc>) -> Letter {
    let whence = whence(device, place, when);
    letter(
        "A new device signed in",
        &[&format!(
            "Somebody signed in to your StakeEasy account on a device that we have not seen before: {whence}."
        )],
        button(app, "Look at your devices", "/settings/sessions"),
        NOT_YOU_DONE,
    )
}

/// The code for a device that is new.
pub fn new_device_code(device: &str, code: &str) -> Letter {
    with_code(
        "Your code to log in",
        &format!(
            "Somebody is logging in to your StakeEasy account on a device that we have not seen before: {device}. If it is \
             you, type this code there. It works for 10 minutes."
        ),
        code,
        "If this was not you, somebody knows your password, or has an account that logs you in. Without the code they do \
         not get in: tell it to nobody, and set a new password with \"Forgot your password?\" on the login page.",
    )
}

/// The code for whoever has nothing else to show.
pub fn sudo_code(code: &str) -> Letter {
    with_code(
        "Your code to go on",
        "You are about to do something that could cost you your StakeEasy account. To show that it is you, type this code. \
         It works for 10 minutes, and only in the browser that asked for it.",
        code,
        "If this was not you, somebody is logged in as you: tell the code to nobody, and sign all other devices out under \
         Settings, Devices.",
    )
}

fn with_code(subject: &str, text: &str, code: &str, otherwise: &str) -> Letter {
    Letter {
        subject: subject.to_owned(),
        paragraphs: vec![text.to_owned()],
        code: Some(code.to_owned()),
        action: None,
        otherwise: otherwise.to_owned(),
    }
}

/// The code with which somebody may change how they log in from `browser`, which is new to them.
pub fn vouching_code(browser: &str, code: &str) -> Letter {
    with_code(
        "Your code to change how you log in",
        &format!(
            "Somebody who knows your password wants to change how you log in to StakeEasy, from a browser that is new to us: \
             {browser}. If it's you, type this code there. It works for 10 minutes."
        ),
        code,
        "Wasn't you? Don't give the code to anyone, and set a new password with \"Forgot your password?\" on the login page: \
         that logs out every device.",
    )
}

/// A notice: a second factor was switched on or off, added or removed. `what` is a whole sentence.
pub fn second_factor_changed(app: &App, what: &str) -> Letter {
    letter(
        "Your second factor was changed",
        &[what],
        button(app, "Look at your security settings", "/settings/security"),
        NOT_YOU_DONE,
    )
}

/// Somebody has lost their second factor, or says so.
pub fn factor_removal(app: &App, at: DateTime<Utc>, token: &str) -> Letter {
    let at = at.format("%-d %B %Y, %H:%M UTC");
    letter(
        "Your second factor will be removed",
        &[
            &format!(
                "Somebody with the password of your StakeEasy account says that the app and the recovery codes are lost. On \
                 {at} the second factor is removed, and a password alone is enough to log in."
            ),
            "Until then this link calls it off, and so does a new password, or a login with the app or a recovery code.",
        ],
        button(app, "Keep my second factor", &format!("/confirm/{token}")),
        "If you asked for this, there is nothing to do but wait. If not, somebody knows your password: keep the second \
         factor, and set a new password.",
    )
}

/// A notice: one recovery code less.
pub fn recovery_code_used(app: &App, left: i64) -> Letter {
    let rest = match left {
        0 => "It was the last one. Make new ones.".to_owned(),
        1 => "One is left.".to_owned(),
        left => format!("{left} are left."),
    };
    letter(
        "A recovery code was used",
        &[&format!(
            "Somebody signed in to your StakeEasy account with a recovery code. It will not work again. {rest}"
        )],
        button(app, "Look at your security settings", "/settings/security"),
        NOT_YOU_DONE,
    )
}

/// A notice: somebody else's account could be the one that was linked.
pub fn identity_linked(app: &App, provider: &str) -> Letter {
    letter(
        &format!("{provider} signs you in from now on"),
        &[&format!(
            "A {provider} account was linked to your StakeEasy account just now. Whoever has it can log in."
        )],
        button(app, "Look at your security settings", "/settings/security"),
        NOT_YOU_DONE,
    )
}

/// A notice.
pub fn identity_unlinked(app: &App, provider: &str) -> Letter {
    letter(
        &format!("{provider} no longer signs you in"),
        &[&format!(
            "The link between your StakeEasy account and {provider} was removed just now."
        )],
        button(app, "Look at your security settings", "/settings/security"),
        NOT_YOU_DONE,
    )
}

/// A notice: whoever has the passkey can log in, also after a new password.
pub fn passkey_added(app: &App, name: &str) -> Letter {
    let name = isolated(name);
    letter(
        "A passkey was added",
        &[&format!(
            "The passkey \"{name}\" was added to your StakeEasy account just now. Whoever can unlock it can log in. All other \
             sessions have ended."
        )],
        button(app, "Look at your passkeys", "/settings/security/passkeys"),
        "If this was not you, set a new password at once: \"Forgot your password?\" on the login page does it and ends every \
         session. Then log in and remove the passkey.",
    )
}

/// A notice.
pub fn passkey_removed(app: &App, name: &str) -> Letter {
    let name = isolated(name);
    letter(
        "A passkey was removed",
        &[&format!(
            "The passkey \"{name}\" was removed from your StakeEasy account just now. It no longer logs anybody in. All other \
             sessions have ended."
        )],
        button(app, "Look at your passkeys", "/settings/security/passkeys"),
        NOT_YOU_DONE,
    )
}

/// The account will be deleted.
pub fn deletion_scheduled(app: &App, day: &str, token: &str) -> Letter {
    letter(
        "Your account will be deleted",
        &[&format!(
            "Your StakeEasy account and everything in it will be deleted on {day}. Until then you can change your mind."
        )],
        button(app, "Keep my account", &format!("/confirm/{token}")),
        "If you want it gone, there is nothing more to do.",
    )
}
