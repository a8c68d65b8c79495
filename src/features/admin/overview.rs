//! `/admin`: how things are.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use chrono::{Days, NaiveDate};

use super::queries::{self, Census};
use crate::app::App;
use crate::error::Result;
use crate::features::audit::{self, Action, Filter, Line};
use crate::features::{auth, currency};
use crate::jobs::{self, Counts};
use crate::money::Currency;
use crate::web::{Admin, Ui, caller};

/// Lines of the log on the page.
const LINES: i64 = 10;

/// What administrators do, and what makes them.
const OF_ADMINS: [Action; 13] = [
    Action::AdminGranted,
    Action::AdminRevoked,
    Action::UserDisabled,
    Action::UserEnabled,
    Action::SessionEndedByAdmin,
    Action::SessionsEndedByAdmin,
    Action::ConfirmationResent,
    Action::DeletionScheduledByAdmin,
    Action::DeletionCancelledByAdmin,
    Action::RateCorrected,
    Action::RateRestored,
    Action::JobRetried,
    Action::JobDropped,
];

pub fn router() -> Router<App> {
    Router::new().route("/admin", get(show))
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/overview.html")]
struct OverviewPage {
    ui: Ui,
    census: Census,
    jobs: Counts,
    /// The day of the newest exchange rate.
    rates_day: Option<NaiveDate>,
    /// Days on which the central bank has quoted since, as far as the calendar knows.
    rates_missing: i64,
    /// Currencies that the bank quoted a short while ago and not on that day, with the last day of each.
    left_out: Vec<(Currency, NaiveDate)>,
    lines: Vec<Line>,
    /// Mails that people have had us send within the hour.
    mails: i64,
    /// As many as there may be.
    most_mails: i64,
}

impl OverviewPage {
    fn facts(&self) -> [(&'static str, i64); 8] {
        let census = &self.census;
        [
            ("Registered", census.users),
            ("In the last 30 days", census.recent),
            ("Waiting for confirmation", census.waiting),
            ("With a second factor", census.with_second_factor),
            ("Administrators", census.admins),
            ("Disabled", census.disabled),
            ("Live sessions", census.sessions),
            ("Mails asked for this hour", self.mails),
        ]
    }
}

async fn show(_: Admin, State(app): State<App>, ui: Ui) -> Result<OverviewPage> {
    let rates_day = currency::newest_day(&app.db, ui.today).await?;
    let yesterday = ui.now.date_naive() - Days::new(1);
    let gaps = currency::gaps(rates_day.as_slice(), yesterday);
    let actions = OF_ADMINS.map(|action| action.as_str().to_owned());
    let filter = Filter {
        actions: Some(actions.to_vec()),
        ..Filter::default()
    };
    Ok(OverviewPage {
        mails: auth::mails_asked_for(&app).await?,
        most_mails: app.config.mails_per_hour,
        census: queries::census(&app.db, ui.now).await?,
        jobs: jobs::count(&app.db).await?,
        rates_day,
        left_out: currency::left_out(&app, ui.today).await?,
        rates_missing: gaps.iter().map(|gap| gap.days).sum(),
        lines: audit::lines(&app.db, &filter, LINES, 0).await?,
        ui,
    })
}
