//! `/settings/security/passkeys`: a user's passkeys.

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use uuid::Uuid;

use super::super::ways_in::{GivenUp, has_another_way_in};
use super::super::{letters, queries as users};
use super::ceremony;
use super::queries::{self, NewPasskey, Passkey};
use crate::app::App;
use crate::email;
use crate::error::{Error, Result, is_violation};
use crate::features::audit::{self, Action, Event};
use crate::text;
use crate::web::form::{Blank, Parsed};
use crate::web::session::{self, Method, Viewer};
use crate::web::{Caller, Field, Flash, Form, Path, Sudo, Ui, Vouched, caller, ui};

const PAGE: &str = "/settings/security/passkeys";
const LONGEST_NAME: usize = 60;
/// A user's passkeys, at most: a browser is told of all of them.
const MOST: i64 = 20;

pub fn router() -> Router<App> {
    Router::new()
        .route(PAGE, get(list).post(add))
        .route(&format!("{PAGE}/ask"), post(ask))
        .route(&format!("{PAGE}/{{id}}"), get(show).post(rename))
        .route(&format!("{PAGE}/{{id}}/remove"), post(remove))
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/passkeys.html")]
struct ListPage {
    ui: Ui,
    passkeys: Vec<Passkey>,
    /// One can be added here and now, without showing more of who one is.
    can_add: bool,
    /// Browsers have passkeys at this address.
    are_offered: bool,
    /// A password alone logs in.
    is_password_enough: bool,
    form: AddForm,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AddForm {
    name: Field,
    /// What the browser answers, as JSON.
    passkey: Field,
}

#[derive(Template, WebTemplate)]
#[template(path = "auth/passkey.html")]
struct OnePage {
    ui: Ui,
    passkey: Passkey,
    form: NameForm,
    /// Why it cannot be removed.
    problem: Option<&'static str>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NameForm {
    name: Field,
}

fn name(text: &str) -> Parsed<String> {
    Ok(text::name(text, LONGEST_NAME)?)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// `1` to add a passkey.
    add: String,
}

async fn list(
    State(app): State<App>,
    user: Sudo,
    ui: Ui,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<ListPage> {
    let form = AddForm {
        name: Field::filled(caller::device(&caller.agent)),
        ..AddForm::default()
    };
    let vouched = session::vouch(&user);
    let page = list_page(&app, ui, &user, form, vouched.is_ok()).await?;
    if page.passkeys.is_empty() || asked.add == "1" {
        vouched?;
    }
    Ok(page)
}

async fn list_page(
    app: &App,
    ui: Ui,
    user: &Viewer,
    mut form: AddForm,
    can_add: bool,
) -> Result<ListPage> {
    form.passkey.text = String::new();
    let has_password = users::person(&app.db, user.id)
        .await?
        .password_hash
        .is_some();
    Ok(ListPage {
        ui,
        passkeys: queries::of_user(&app.db, user.id).await?,
        can_add,
        are_offered: app.passkeys.is_some(),
        is_password_enough: has_password && !users::has_second_factor(&app.db, user.id).await?,
        form,
    })
}

/// The challenge for a new passkey. Without a name there is none: the form is then sent as it is, and says so.
async fn ask(
    State(app): State<App>,
    user: Vouched,
    Form(mut form, _): Form<AddForm>,
) -> Result<Response> {
    if form.name.read(name).is_none() || queries::count(&app.db, user.id, None).await? >= MOST {
        return Ok(StatusCode::UNPROCESSABLE_ENTITY.into_response());
    }
    Ok(ceremony::ask_new(&app, &user).await?.into_response())
}

/// The session that does it goes on, under a new token; all others end.
async fn add(
    State(app): State<App>,
    user: Vouched,
    ui: Ui,
    caller: Caller,
    extensions: Extensions,
    headers: HeaderMap,
    Form(mut form, _): Form<AddForm>,
) -> Result<Response> {
    let name = form.name.read(name);
    if queries::count(&app.db, user.id, None).await? >= MOST {
        form.name
            .refuse("You have 20 passkeys. Remove one before you add another.");
    }
    let (Some(name), None) = (name, &form.name.error) else {
        return Ok(ui::refused(list_page(&app, ui, &user, form, true).await?));
    };
    let answer = std::mem::take(&mut form.passkey.text);
    let passkey = match ceremony::made(&app, &headers, user.id, &answer).await? {
        Ok(passkey) => passkey,
        Err(refusal) => {
            form.passkey.refuse(refusal.why);
            return Ok(ui::refused(list_page(&app, ui, &user, form, true).await?));
        }
    };
    let mut tx = app.db.begin().await?;
    let new = NewPasskey {
        user: user.id,
        credential: &passkey,
        name: &name,
        created_at: app.now(),
    };
    if let Err(error) = queries::insert(&mut *tx, &new).await {
        if !is_violation(&error, "passkeys_credential_id_key") {
            return Err(error.into());
        }
        form.passkey.refuse("This passkey is kept here already.");
        return Ok(ui::refused(list_page(&app, ui, &user, form, true).await?));
    }
    audit::record(
        &app,
        &mut *tx,
        &caller,
        Event::own(Action::PasskeyAdded, user.id),
    )
    .await?;
    let letter = letters::passkey_added(&app, &name);
    email::send(&app, &mut tx, &user.email, &letter, None).await?;
    session::end_all(&mut *tx, user.id, Some(user.session)).await?;
    tx.commit().await?;
    // Making it took what showing it takes.
    let jar = session::renew(&app, &extensions, Method::Passkey).await?;
    let flash = Flash::success("Passkey added.").detail("All other devices are signed out.");
    Ok((jar, flash.then_go(&app, PAGE)).into_response())
}

async fn show(State(app): State<App>, user: Sudo, ui: Ui, Path(id): Path<Uuid>) -> Result<OnePage> {
    let passkey = queries::one(&app.db, user.id, id).await?;
    let form = NameForm {
        name: Field::filled(&passkey.name),
    };
    Ok(OnePage {
        ui,
        passkey,
        form,
        problem: None,
    })
}

async fn rename(
    State(app): State<App>,
    user: Sudo,
    ui: Ui,
    Path(id): Path<Uuid>,
    Form(mut form, _): Form<NameForm>,
) -> Result<Response> {
    let Some(name) = form.name.read(name) else {
        let passkey = queries::one(&app.db, user.id, id).await?;
        return Ok(ui::refused(OnePage {
            ui,
            passkey,
            form,
            problem: None,
        }));
    };
    if !queries::rename(&app.db, user.id, id, &name).await? {
        return Err(Error::NotFound);
    }
    Ok(Flash::success("Passkey renamed.").then_go(&app, PAGE))
}

/// The session that does it goes on, under a new token; all others end.
async fn remove(
    State(app): State<App>,
    user: Sudo,
    ui: Ui,
    caller: Caller,
    extensions: Extensions,
    Path(id): Path<Uuid>,
    _: Form<Blank>,
) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    let given_up = GivenUp::Passkey(id);
    if !has_another_way_in(&app, &mut tx, user.id, given_up).await? {
        let passkey = queries::one(&mut *tx, user.id, id).await?;
        let form = NameForm {
            name: Field::filled(&passkey.name),
        };
        return Ok(ui::refused(OnePage {
            ui,
            passkey,
            form,
            problem: Some(
                "This passkey is the only way into your account. Set a password or add another passkey first.",
            ),
        }));
    }
    let name = queries::delete(&mut *tx, user.id, id).await?;
    let event = Event::own(Action::PasskeyRemoved, user.id);
    audit::record(&app, &mut *tx, &caller, event).await?;
    let letter = letters::passkey_removed(&app, &name);
    email::send(&app, &mut tx, &user.email, &letter, None).await?;
    session::end_all(&mut *tx, user.id, Some(user.session)).await?;
    if queries::count(&mut *tx, user.id, None).await? == 0 {
        // An administrator's rights go with the last one.
        session::forget_second_factor(&mut *tx, user.id, &[Method::Passkey]).await?;
    }
    tx.commit().await?;
    let jar = session::change_token(&app, &extensions).await?;
    let flash = Flash::success("Passkey removed.").detail("All other devices are signed out.");
    Ok((jar, flash.then_go(&app, PAGE)).into_response())
}
