//! Adding, changing and deleting a tournament's buy-in in a room.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::{DeleteForm, LIST, amount, changed, kept, written};
use crate::app::App;
use crate::error::{Error, Result};
use crate::features::recommendations::{self, Listed, ROOMS, Tournament};
use crate::ids::BuyInId;
use crate::money::Currency;
use crate::text;
use crate::web::{Admin, Caller, Field, Form, Path, Sudo, Ui, ui};

/// Letters of the examples, at most.
const EXAMPLES: usize = 200;

pub fn router() -> Router<App> {
    Router::new()
        .route("/admin/stakes/buy-ins/new", get(new).post(create))
        .route("/admin/stakes/buy-ins/{id}", get(edit).post(update))
        .route("/admin/stakes/buy-ins/{id}/delete", post(delete))
}

/// Rooms as choices.
fn choices() -> Vec<(String, String)> {
    ROOMS
        .iter()
        .map(|room| (room.value.to_owned(), room.name.to_owned()))
        .collect()
}

fn list_of(room: &str) -> String {
    format!("{LIST}?room={room}")
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BuyInForm {
    room: Field,
    buy_in: Field,
    examples: Field,
    /// The one that was seen, when a buy-in is changed.
    version: String,
}

impl BuyInForm {
    fn of(row: Listed<BuyInId, Tournament>, ui: &Ui) -> Self {
        Self {
            room: Field::filled(row.what.room),
            buy_in: Field::filled(ui.numbers.for_input(row.what.buy_in, Currency::USD)),
            examples: Field::filled(row.what.examples),
            version: row.version.to_string(),
        }
    }

    /// What a person typed into the form that changes one, by the fields' names.
    fn typed(&self) -> Vec<(&'static str, String)> {
        [("buy_in", &self.buy_in), ("examples", &self.examples)]
            .map(|(name, field)| (name, field.text.clone()))
            .into()
    }

    fn read(&mut self, ui: &Ui) -> Option<Tournament> {
        let room = self.room.read(|text| {
            let room = ROOMS.iter().find(|room| room.value == text.trim());
            room.ok_or_else(|| "Choose a room from the list.".into())
        });
        let buy_in = self.buy_in.read(|text| amount(text, ui));
        let examples = self.examples.read(|text| Ok(text::line(text, EXAMPLES)?));
        Some(Tournament {
            room: room?.value.to_owned(),
            buy_in: buy_in?,
            examples: examples?,
        })
    }

    fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        [
            ("room", "Room", &self.room),
            ("buy_in", "Buy-in", &self.buy_in),
            ("examples", "Examples", &self.examples),
        ]
        .into_iter()
        .filter(|(.., field)| field.error.is_some())
        .map(|(name, label, _)| (name, label))
        .collect()
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/stakes/buy_in.html")]
struct BuyInPage {
    ui: Ui,
    form: BuyInForm,
    /// Of the buy-in that is changed.
    id: Option<BuyInId>,
}

impl BuyInPage {
    /// The name of the chosen room.
    fn room(&self) -> &str {
        let room = ROOMS.iter().find(|room| room.value == self.form.room.text);
        room.map_or("Tournaments", |room| room.name)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Proposed {
    room: String,
}

/// Asks who they are before anything is typed: a form that is sent too late would lose it.
async fn new(_: Admin, _: Sudo, ui: Ui, Query(proposed): Query<Proposed>) -> BuyInPage {
    let form = BuyInForm {
        room: Field::filled(proposed.room),
        ..BuyInForm::default()
    };
    BuyInPage { ui, form, id: None }
}

async fn create(
    admin: Admin,
    State(app): State<App>,
    ui: Ui,
    caller: Caller,
    Form(form, _): Form<BuyInForm>,
) -> Result<Response> {
    save(&app, ui, &admin, &caller, None, form).await
}

async fn row(app: &App, id: BuyInId) -> Result<Listed<BuyInId, Tournament>> {
    let rows = recommendations::buy_ins(&app.db).await?;
    let row = rows.into_iter().find(|row| row.id == id);
    row.ok_or(Error::NotFound)
}

async fn edit(
    _: Admin,
    _: Sudo,
    State(app): State<App>,
    ui: Ui,
    Path(id): Path<BuyInId>,
) -> Result<BuyInPage> {
    let form = BuyInForm::of(row(&app, id).await?, &ui);
    let id = Some(id);
    Ok(BuyInPage { ui, form, id })
}

async fn update(
    admin: Admin,
    State(app): State<App>,
    ui: Ui,
    caller: Caller,
    Path(id): Path<BuyInId>,
    Form(mut form, _): Form<BuyInForm>,
) -> Result<Response> {
    // A buy-in stays in its room.
    form.room = Field::filled(row(&app, id).await?.what.room);
    save(&app, ui, &admin, &caller, Some(id), form).await
}

async fn save(
    app: &App,
    ui: Ui,
    admin: &Admin,
    caller: &Caller,
    id: Option<BuyInId>,
    mut form: BuyInForm,
) -> Result<Response> {
    let Some(new) = form.read(&ui) else {
        return Ok(ui::refused(BuyInPage { ui, form, id }));
    };
    let version = form.version.parse().unwrap_or_default();
    let mut tx = app.db.begin().await?;
    let seen = id.map(|id| (id, version));
    let saved = match (recommendations::save_buy_in(&mut tx, seen, &new).await, id) {
        (Err(Error::Changed(_)), Some(id)) => {
            let now = BuyInForm::of(row(app, id).await?, &ui);
            return Err(Error::Changed(now.typed()));
        }
        (saved, _) => saved?,
    };
    if let Ok(change) = saved {
        return written(app, tx, admin, caller, change, &list_of(&new.room)).await;
    }
    form.buy_in.refuse("The room has this buy-in already.");
    Ok(ui::refused(BuyInPage { ui, form, id }))
}

async fn delete(
    admin: Admin,
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<BuyInId>,
    Form(form, _): Form<DeleteForm>,
) -> Result<Response> {
    let list = list_of(&row(&app, id).await?.what.room);
    let seen = (id, form.version.parse().unwrap_or_default());
    let mut tx = app.db.begin().await?;
    let deleted = match recommendations::delete_buy_in(&mut tx, seen).await {
        Err(Error::Changed(_)) => return Err(changed(&row(&app, id).await?.what)),
        deleted => deleted?,
    };
    written(&app, tx, &admin, &caller, deleted.map_err(kept)?, &list).await
}
