//! Who did what to whom, when and from where: only ever added to.

mod queries;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgExecutor;

use crate::app::App;
use crate::error::Result;
use crate::ids::UserId;
use crate::web::Caller;

pub use queries::{Filter, Line, Record, count, has_happened, lines, of_user, user_named};

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $key:literal, $words:literal;)*) => {
        /// What can happen: its name in the log, and what people are told of it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// All of them.
            pub const ALL: &[Action] = &[$(Action::$name),*];

            /// As the log keeps it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Action::$name => $key,)*
                }
            }

            /// In words, to whoever may read the whole log: `Second factor failed`.
            pub fn title(self) -> String {
                let mut title = self.as_str().replace('-', " ");
                if let Some(first) = title.get_mut(..1) {
                    first.make_ascii_uppercase();
                }
                title
            }

            /// In words, to the user it happened to.
            pub fn words(self) -> &'static str {
                match self {
                    $(Action::$name => $words,)*
                }
            }
        }
    };
}

actions! {
    Registered = "registered", "You opened the account";
    AddressConfirmed = "address-confirmed", "You confirmed your address";
    SignedIn = "signed-in", "You signed in";
    SignInFailed = "sign-in-failed", "Somebody tried to sign in";
    SecondFactorFailed = "second-factor-failed", "A code or a passkey was wrong";
    GuessingTold = "guessing-told", "We told you of many wrong tries";
    SignedOut = "signed-out", "You signed out";
    SessionEnded = "session-ended", "You ended a session";
    SessionsEnded = "sessions-ended", "You ended all other sessions";
    Reauthenticated = "reauthenticated", "You showed again that it is you";
    PasswordChanged = "password-changed", "You changed your password";
    PasswordReset = "password-reset", "You set a new password by mail";
    AddressChangeAsked = "address-change-asked", "You asked for another address";
    AddressChanged = "address-changed", "Your address was changed";
    AddressRestored = "address-restored", "The change of your address was taken back";
    TotpEnabled = "totp-enabled", "You switched codes from an app on";
    TotpDisabled = "totp-disabled", "You switched codes from an app off";
    RecoveryCodesMade = "recovery-codes-made", "You made new recovery codes";
    RecoveryCodeUsed = "recovery-code-used", "A recovery code was used";
    FactorRemovalAsked = "factor-removal-asked", "Somebody asked to have your second factor removed";
    FactorRemovalCancelled = "factor-removal-cancelled", "The removal of your second factor was called off";
    FactorRemoved = "factor-removed", "Your second factor was removed";
    AddedRemoved = "added-removed", "You removed what was added to your account before you set a new password";
    NewDeviceCodesOn = "new-device-codes-on", "You had new devices asked for a code";
    NewDeviceCodesOff = "new-device-codes-off", "You no longer had new devices asked for a code";
    IdentityLinked = "identity-linked", "You linked another way to sign in";
    IdentityUnlinked = "identity-unlinked", "You unlinked a way to sign in";
    PasskeyAdded = "passkey-added", "You added a passkey";
    PasskeyRemoved = "passkey-removed", "You removed a passkey";
    /// Its counter went back.
    PasskeyRefused = "passkey-refused", "A passkey was refused, because it may have been copied";
    DataExported = "data-exported", "You downloaded your data";
    DataImported = "data-imported", "You imported data";
    DataReset = "data-reset", "You deleted all accounts and entries";
    DeletionScheduled = "deletion-scheduled", "You asked to delete the account";
    DeletionCancelled = "deletion-cancelled", "The deletion was called off";
    /// The last thing that is known of a user.
    Deleted = "deleted", "The account was deleted";
    AdminGranted = "admin-granted", "You became an administrator";
    AdminRevoked = "admin-revoked", "You are no administrator any more";
    UserDisabled = "user-disabled", "An administrator closed the account";
    UserEnabled = "user-enabled", "An administrator opened the account again";
    SessionEndedByAdmin = "session-ended-by-admin", "An administrator ended a session";
    SessionsEndedByAdmin = "sessions-ended-by-admin", "An administrator ended all sessions";
    ConfirmationResent = "confirmation-resent", "An administrator sent the confirmation mail again";
    DeletionScheduledByAdmin = "deletion-scheduled-by-admin", "An administrator asked to delete the account";
    DeletionCancelledByAdmin = "deletion-cancelled-by-admin", "An administrator called the deletion off";
    RateCorrected = "rate-corrected", "An exchange rate was corrected";
    RateRestored = "rate-restored", "The correction of an exchange rate was taken back";
    StakesChanged = "stakes-changed", "A list of stakes was changed";
    JobRetried = "job-retried", "A job was put back in the queue";
    JobDropped = "job-dropped", "A job was dropped";
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    pub action: Action,
    /// Who did it; `None` for a visitor and for the program.
    pub actor: Option<UserId>,
    /// Whom it was done to.
    pub subject: Option<UserId>,
    /// What else there is to know. Never a secret, never an amount.
    pub detail: Value,
}

impl Event {
    /// What a user does to themselves.
    pub fn own(action: Action, user: UserId) -> Self {
        Self {
            action,
            actor: Some(user),
            subject: Some(user),
            detail: Value::Object(serde_json::Map::new()),
        }
    }

    /// What an administrator does to a user, or to what is no user's.
    pub fn by_admin(action: Action, admin: UserId, subject: Option<UserId>) -> Self {
        Self {
            subject,
            ..Self::own(action, admin)
        }
    }

    /// With something to know.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Value::Object(detail) = &mut self.detail {
            detail.insert(name.to_owned(), value.into());
        }
        self
    }

    /// Done by somebody else, or by nobody who is known.
    #[must_use]
    pub fn by(mut self, actor: Option<UserId>) -> Self {
        self.actor = actor;
        self
    }
}

/// Forgets what is older than 400 days.
pub async fn sweep(app: &App, now: DateTime<Utc>) -> Result<()> {
    Ok(queries::forget(&app.db, now).await?)
}

/// Writes it down, in the transaction of what happened.
pub async fn record(
    app: &App,
    db: impl PgExecutor<'_>,
    caller: &Caller,
    event: Event,
) -> Result<()> {
    queries::insert(db, app.now(), caller, &event).await?;
    Ok(())
}
