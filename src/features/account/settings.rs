//! `/settings`: who the user is here, and how pages look and write figures for them.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use chrono_tz::Tz;
use serde::Deserialize;

use super::check_day::CheckDay;
use super::queries::{self, Profile};
use super::zones;
use crate::app::App;
use crate::error::Result;
use crate::events::LedgerChanged;
use crate::jobs;
use crate::money::Currency;
use crate::text;
use crate::web::form::Parsed;
use crate::web::format::{Measure, NumberFormat};
use crate::web::next::Next;
use crate::web::session::Viewer;
use crate::web::{Field, Flash, Form, Ui, User, parse, ui};

pub fn router() -> Router<App> {
    Router::new()
        .route("/settings", get(show).post(update))
        // The profile is what the settings begin with.
        .route(
            "/settings/profile",
            get(async || Redirect::permanent("/settings")),
        )
        .route("/settings/theme", post(set_theme))
        .route("/settings/hide", post(hide))
        .route("/settings/measure", post(set_measure))
}

/// The themes: (value, label, icon).
pub const THEMES: [(&str, &str, &str); 3] = [
    ("system", "System", "circle-half"),
    ("dark", "Dark", "moon-stars"),
    ("light", "Light", "sun"),
];

#[derive(Template, WebTemplate)]
#[template(path = "account/settings.html")]
struct SettingsPage {
    ui: Ui,
    email: String,
    theme: String,
    form: ProfileForm,
    /// What is wrong with the theme that was sent, by a page that is not ours.
    theme_error: Option<&'static str>,
    currencies: Vec<(String, String)>,
    zones: Vec<zones::Group>,
    check_days: Vec<(&'static str, &'static str)>,
    /// Nothing better than UTC is known yet: the browser proposes its own zone.
    propose_zone: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProfileForm {
    name: Field,
    home: Field,
    time_zone: Field,
    number_format: Field,
    /// Empty for never.
    check_on: Field,
}

/// A form that was filled in right.
struct NewProfile {
    name: String,
    home: Currency,
    zone: Tz,
    number_format: NumberFormat,
    check_on: Option<CheckDay>,
}

impl ProfileForm {
    fn of(viewer: &Viewer, check_on: Option<CheckDay>) -> Self {
        Self {
            name: Field::filled(&viewer.name),
            home: Field::filled(viewer.home.code()),
            time_zone: Field::filled(viewer.zone.name()),
            number_format: Field::filled(viewer.numbers.format.as_str()),
            check_on: Field::filled(check_on.map_or("", CheckDay::as_str)),
        }
    }

    fn read(&mut self) -> Option<NewProfile> {
        let name = self.name.read(|text| Ok(text::name(text, 50)?));
        let home = self.home.read(home_currency);
        let zone = self.time_zone.read(parse::time_zone);
        let number_format = self.number_format.read(number_format);
        let check_on = self.check_on.read(check_day);
        Some(NewProfile {
            name: name?,
            home: home?,
            zone: zone?,
            number_format: number_format?,
            check_on: check_on?,
        })
    }

    fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        [
            ("name", "Name", &self.name),
            ("home", "Home currency", &self.home),
            ("time_zone", "Time zone", &self.time_zone),
            (
                "number_format-comma-point",
                "Number format",
                &self.number_format,
            ),
            (
                "check_on",
                "Check balances after logging in",
                &self.check_on,
            ),
        ]
        .into_iter()
        .filter(|(.., field)| field.error.is_some())
        .map(|(name, label, _)| (name, label))
        .collect()
    }
}

fn home_currency(text: &str) -> Parsed<Currency> {
    match parse::currency(text)? {
        currency if currency.can_be_home() => Ok(currency),
        _ => Err("Choose a currency from the list.".into()),
    }
}

fn number_format(text: &str) -> Parsed<NumberFormat> {
    NumberFormat::ALL
        .into_iter()
        .find(|format| format.as_str() == text)
        .ok_or_else(|| "Choose one of the four.".into())
}

fn check_day(text: &str) -> Parsed<Option<CheckDay>> {
    let mut days = CheckDay::ALL.into_iter();
    match text {
        "" => Ok(None),
        text => match days.find(|day| day.as_str() == text) {
            Some(day) => Ok(Some(day)),
            None => Err("Choose a day, or never.".into()),
        },
    }
}

impl SettingsPage {
    fn new(ui: Ui, viewer: &Viewer, form: ProfileForm) -> Self {
        let currencies = Currency::homes()
            .map(|c| (c.code().to_owned(), format!("{} · {}", c.code(), c.name())));
        Self {
            ui,
            email: viewer.email.clone(),
            theme: viewer.theme.clone(),
            theme_error: None,
            currencies: currencies.collect(),
            zones: zones::groups(&form.time_zone.text),
            check_days: [("", "Never")]
                .into_iter()
                .chain(CheckDay::ALL.map(|day| (day.as_str(), day.label())))
                .collect(),
            propose_zone: viewer.zone == Tz::UTC && form.time_zone.text == "UTC",
            form,
        }
    }
}

async fn show(State(app): State<App>, user: User, ui: Ui) -> Result<SettingsPage> {
    let form = own_form(&app, &user).await?;
    Ok(SettingsPage::new(ui, &user, form))
}

/// What the user has chosen so far.
async fn own_form(app: &App, user: &User) -> Result<ProfileForm> {
    let check_on = queries::check_on(&app.db, user.id).await?;
    Ok(ProfileForm::of(user, check_on))
}

async fn update(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Form(mut form, _): Form<ProfileForm>,
) -> Result<Response> {
    let Some(new) = form.read() else {
        return Ok(ui::refused(SettingsPage::new(ui, &user, form)));
    };
    let profile = Profile {
        name: &new.name,
        home: new.home,
        time_zone: new.zone.name(),
        number_format: new.number_format.as_str(),
        check_on: new.check_on,
    };
    let mut tx = app.db.begin().await?;
    queries::set_profile(&mut *tx, user.id, &profile).await?;
    // Profit is counted in the home currency, and the days of the ledger are those of the zone.
    if (new.home, new.zone) != (user.home, user.zone) {
        jobs::enqueue(&mut tx, LedgerChanged { owner: user.id }).await?;
    }
    tx.commit().await?;
    let mut flash = Flash::success("Settings saved.");
    if new.home != user.home {
        flash = flash.detail(format!("Totals are in {} now.", new.home.code()));
    }
    Ok(flash.then_go(&app, "/settings"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ThemeForm {
    theme: String,
}

async fn set_theme(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Form(form, _): Form<ThemeForm>,
) -> Result<Response> {
    let known = THEMES.iter().find(|(value, ..)| *value == form.theme);
    let Some((theme, label, _)) = known else {
        let form = own_form(&app, &user).await?;
        let mut page = SettingsPage::new(ui, &user, form);
        page.theme_error = Some("Choose one of the three.");
        return Ok(ui::refused(page));
    };
    queries::set_theme(&app.db, user.id, theme).await?;
    // The script has changed the page already.
    if ui.fragment {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let text = format!("Theme: {}.", label.to_lowercase());
    Ok(Flash::success(text).then_go(&app, "/settings"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HideForm {
    next: Next,
}

/// The eye on every page. It says nothing: the page it leads back to shows what was done.
async fn hide(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Form(form, _): Form<HideForm>,
) -> Result<Response> {
    queries::toggle_hidden(&app.db, user.id).await?;
    Ok(ui::go(&ui, Redirect::to(form.next.path()).into_response()))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MeasureForm {
    measure: String,
    next: Next,
}

/// The switch of the dashboard. It says nothing either.
async fn set_measure(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Form(form, _): Form<MeasureForm>,
) -> Result<Response> {
    queries::set_measure(&app.db, user.id, Measure::named(&form.measure)).await?;
    Ok(ui::go(&ui, Redirect::to(form.next.path()).into_response()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(name: &str, home: &str, zone: &str, format: &str) -> ProfileForm {
        ProfileForm {
            name: Field::filled(name),
            home: Field::filled(home),
            time_zone: Field::filled(zone),
            number_format: Field::filled(format),
            check_on: Field::default(),
        }
    }

    #[test]
    fn a_right_profile_is_read() {
        let new = form(" Mika ", "SEK", "Europe/Helsinki", "space-comma").read();
        let new = new.unwrap();
        assert_eq!((new.name.as_str(), new.home.code()), ("Mika", "SEK"));
        assert_eq!(new.zone, Tz::Europe__Helsinki);
        assert_eq!(new.number_format, NumberFormat::SpaceComma);
        assert_eq!(new.check_on, None);
    }

    #[test]
    fn a_day_is_one_of_the_week_or_none() {
        for day in CheckDay::ALL {
            assert_eq!(check_day(day.as_str()), Ok(Some(day)));
        }
        assert_eq!(check_day(""), Ok(None));
        for text in ["Monday", "mon", "1", "someday"] {
            assert!(check_day(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_mistake_is_reported_at_once_and_stays_as_typed() {
        let mut wrong = form("", "BTC", "Middle/Earth", "roman");
        assert!(wrong.read().is_none());
        assert_eq!(wrong.wrong().len(), 4);
        assert_eq!(wrong.time_zone.text, "Middle/Earth");
        for name in ["\u{0}", "a\nb", &"x".repeat(51), &"🂡".repeat(10_000)] {
            assert!(form(name, "EUR", "UTC", "comma-point").read().is_none());
        }
    }
}
