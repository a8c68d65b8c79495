//! Adding, changing and deleting a level of cash games.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::{DeleteForm, LIST, amount, changed, kept, written};
use crate::app::App;
use crate::error::{Error, Result};
use crate::features::recommendations::{self, CashLevel, Listed, Refusal};
use crate::ids::LevelId;
use crate::money::Currency;
use crate::web::{Admin, Caller, Field, Form, Path, Sudo, Ui, ui};

pub fn router() -> Router<App> {
    Router::new()
        .route("/admin/stakes/levels/new", get(new).post(create))
        .route("/admin/stakes/levels/{id}", get(edit).post(update))
        .route("/admin/stakes/levels/{id}/delete", post(delete))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LevelForm {
    small_blind: Field,
    big_blind: Field,
    least_buy_in: Field,
    most_buy_in: Field,
    /// The one that was seen, when a level is changed.
    version: String,
}

impl LevelForm {
    fn of(row: &Listed<LevelId, CashLevel>, ui: &Ui) -> Self {
        let shown = |amount| Field::filled(ui.numbers.for_input(amount, Currency::USD));
        Self {
            small_blind: shown(row.what.small_blind),
            big_blind: shown(row.what.big_blind),
            least_buy_in: shown(row.what.least_buy_in),
            most_buy_in: shown(row.what.most_buy_in),
            version: row.version.to_string(),
        }
    }

    /// What a person typed, by the fields' names.
    fn typed(&self) -> Vec<(&'static str, String)> {
        [
            ("small_blind", &self.small_blind),
            ("big_blind", &self.big_blind),
            ("least_buy_in", &self.least_buy_in),
            ("most_buy_in", &self.most_buy_in),
        ]
        .map(|(name, field)| (name, field.text.clone()))
        .into()
    }

    fn read(&mut self, ui: &Ui) -> Option<CashLevel> {
        let amount = |field: &mut Field| field.read(|text| amount(text, ui));
        let small_blind = amount(&mut self.small_blind);
        let big_blind = amount(&mut self.big_blind);
        let least_buy_in = amount(&mut self.least_buy_in);
        let most_buy_in = amount(&mut self.most_buy_in);
        let blinds = small_blind.zip(big_blind);
        if blinds.is_some_and(|(small, big)| small > big) {
            self.big_blind
                .refuse("The big blind is at least the small one.");
        }
        let buy_ins = least_buy_in.zip(most_buy_in);
        if buy_ins.is_some_and(|(least, most)| least > most) {
            self.most_buy_in
                .refuse("The largest buy-in is at least the smallest one.");
        }
        let new = CashLevel {
            small_blind: small_blind?,
            big_blind: big_blind?,
            least_buy_in: least_buy_in?,
            most_buy_in: most_buy_in?,
        };
        self.wrong().is_empty().then_some(new)
    }

    fn refuse(&mut self, refusal: Refusal) {
        match refusal {
            Refusal::Taken => self
                .big_blind
                .refuse("There is a level with this big blind already."),
            Refusal::Falls | Refusal::Last => self.most_buy_in.refuse(
                "Levels rise: with larger blinds, the largest buy-in is larger too, and neither the small blind nor the smallest buy-in is smaller.",
            ),
        }
    }

    fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        [
            ("small_blind", "Small blind", &self.small_blind),
            ("big_blind", "Big blind", &self.big_blind),
            ("least_buy_in", "Smallest buy-in", &self.least_buy_in),
            ("most_buy_in", "Largest buy-in", &self.most_buy_in),
        ]
        .into_iter()
        .filter(|(.., field)| field.error.is_some())
        .map(|(name, label, _)| (name, label))
        .collect()
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/stakes/level.html")]
struct LevelPage {
    ui: Ui,
    form: LevelForm,
    /// Of the level that is changed.
    id: Option<LevelId>,
}

/// Asks who they are before anything is typed: a form that is sent too late would lose it.
async fn new(_: Admin, _: Sudo, ui: Ui) -> LevelPage {
    let form = LevelForm::default();
    LevelPage { ui, form, id: None }
}

async fn create(
    admin: Admin,
    State(app): State<App>,
    ui: Ui,
    caller: Caller,
    Form(form, _): Form<LevelForm>,
) -> Result<Response> {
    save(&app, ui, &admin, &caller, None, form).await
}

async fn row(app: &App, id: LevelId) -> Result<Listed<LevelId, CashLevel>> {
    let rows = recommendations::levels(&app.db).await?;
    let row = rows.into_iter().find(|row| row.id == id);
    row.ok_or(Error::NotFound)
}

async fn edit(
    _: Admin,
    _: Sudo,
    State(app): State<App>,
    ui: Ui,
    Path(id): Path<LevelId>,
) -> Result<LevelPage> {
    let form = LevelForm::of(&row(&app, id).await?, &ui);
    let id = Some(id);
    Ok(LevelPage { ui, form, id })
}

async fn update(
    admin: Admin,
    State(app): State<App>,
    ui: Ui,
    caller: Caller,
    Path(id): Path<LevelId>,
    Form(form, _): Form<LevelForm>,
) -> Result<Response> {
    save(&app, ui, &admin, &caller, Some(id), form).await
}

async fn save(
    app: &App,
    ui: Ui,
    admin: &Admin,
    caller: &Caller,
    id: Option<LevelId>,
    mut form: LevelForm,
) -> Result<Response> {
    let Some(new) = form.read(&ui) else {
        return Ok(ui::refused(LevelPage { ui, form, id }));
    };
    let version = form.version.parse().unwrap_or_default();
    let mut tx = app.db.begin().await?;
    let seen = id.map(|id| (id, version));
    let saved = match (recommendations::save_level(&mut tx, seen, &new).await, id) {
        (Err(Error::Changed(_)), Some(id)) => {
            let now = LevelForm::of(&row(app, id).await?, &ui);
            return Err(Error::Changed(now.typed()));
        }
        (saved, _) => saved?,
    };
    match saved {
        Ok(change) => written(app, tx, admin, caller, change, LIST).await,
        Err(refusal) => {
            form.refuse(refusal);
            Ok(ui::refused(LevelPage { ui, form, id }))
        }
    }
}

async fn delete(
    admin: Admin,
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<LevelId>,
    Form(form, _): Form<DeleteForm>,
) -> Result<Response> {
    let seen = (id, form.version.parse().unwrap_or_default());
    let mut tx = app.db.begin().await?;
    let deleted = match recommendations::delete_level(&mut tx, seen).await {
        Err(Error::Changed(_)) => return Err(changed(&row(&app, id).await?.what)),
        deleted => deleted?,
    };
    written(&app, tx, &admin, &caller, deleted.map_err(kept)?, LIST).await
}
