//! `/stakes/tournaments`: which buy-ins a bankroll supports, in three rooms.

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use rust_decimal::Decimal;

use super::advice::{self, Row, Told};
use super::asked::{Answers, Asked};
use super::data::{Mode, ROOMS, Room};
use super::levels::{Stakes, stakes};
use super::reasons::Reasons;
use super::rules::{Multiple, Rung};
use super::standing::{Source, Standing, at_home};
use crate::app::App;
use crate::error::Result;
use crate::features::bankroll::{Book, RateNote, book};
use crate::money::Currency;
use crate::web::{Form, Ui, User, ui};

const PATH: &str = "/stakes/tournaments";

pub fn router() -> Router<App> {
    Router::new().route(PATH, get(show).post(choose))
}

#[derive(Template, WebTemplate)]
#[template(path = "recommendations/tournaments.html", blocks = ["main"])]
struct TournamentsPage {
    ui: Ui,
    book: Arc<Book>,
    asked: Asked,
    standing: Standing,
    /// `None` while no factor applies, or nobody can say what there is.
    advice: Option<Advised>,
    tournaments: bool,
    /// Where the form of the answers is sent.
    action: &'static str,
}

/// All that follows from a number of buy-ins.
struct Advised {
    reasons: Reasons,
    told: Told,
    /// The largest buy-in that the bankroll could pay so many times, whether there is one of it or not. To the hundredth of
    /// a cent.
    ideal: Decimal,
    /// The next buy-in that is larger by more than a tenth, where the next one is not.
    clear: Option<Clear>,
    rooms: Vec<RoomLadder>,
}

/// A way up that is worth the name.
struct Clear {
    name: String,
    at: Decimal,
    distance: Decimal,
}

/// The tournaments of a room, the largest first. Who looks for the next one need not pass all the others.
struct RoomLadder {
    room: &'static Room,
    above: Vec<RoomRow>,
    /// The recommended one and those beside it.
    near: Vec<RoomRow>,
    below: Vec<RoomRow>,
}

/// A buy-in, with what is played for it.
type RoomRow = (Row, String);

/// How many buy-ins stand on each side of the recommended one.
const NEAR: usize = 3;

async fn show(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Query(answers): Query<Answers>,
) -> Result<Response> {
    let asked = Asked::of(&app, &user, &ui, &answers).await?;
    let book = book(&app, &user, ui.today).await?;
    let stakes = stakes(&app, user.stakes_version).await?;
    let standing = Standing::new(&book, asked.tried);
    let advice = Multiple::of(Mode::Tournaments, &asked.chosen)
        .filter(|_| standing.is_known())
        .map(|multiple| advised(&ui, &stakes, &asked, standing.bankroll, multiple));
    let page = TournamentsPage {
        tournaments: true,
        action: PATH,
        ui,
        book,
        asked,
        standing,
        advice,
    };
    // A script that sent the form exchanges the content; a browser gets a page.
    Ok(if page.ui.fragment {
        ui::html(page.as_main())
    } else if page.asked.is_refused() {
        ui::refused(page)
    } else {
        page.into_response()
    })
}

async fn choose(
    State(app): State<App>,
    user: User,
    ui: Ui,
    Form(answers, _): Form<Answers>,
) -> Result<Redirect> {
    super::remember(&app, &user, &ui, &answers).await?;
    Ok(Redirect::to(&format!("{PATH}?{}", answers.query())))
}

fn advised(
    ui: &Ui,
    stakes: &Stakes,
    asked: &Asked,
    bankroll: Decimal,
    multiple: Multiple,
) -> Advised {
    let times = multiple.value();
    let room = asked.room.map(|room| room.value);
    let ladder = stakes.tournament_ladder(ui.numbers, room);
    let told = Told::new(ui, bankroll, times, &ladder);
    let shown = ROOMS
        .iter()
        .filter(|one| room.is_none_or(|room| one.value == room));
    Advised {
        reasons: Reasons::new(ui, Mode::Tournaments, &asked.chosen, multiple),
        ideal: bankroll.checked_div(times).unwrap_or_default().round_dp(4),
        clear: clear(&told, bankroll, times, &ladder),
        rooms: shown
            .map(|room| room_ladder(ui, stakes, room, bankroll, times))
            .collect(),
        told,
    }
}

fn clear(told: &Told, bankroll: Decimal, multiple: Decimal, ladder: &[Rung]) -> Option<Clear> {
    let now = told.rung?;
    let enough = ladder.get(now)?.buy_in * Decimal::new(11, 1);
    let at = ladder.iter().position(|rung| rung.buy_in > enough)?;
    let rung = ladder.get(at).filter(|_| at > now + 1)?;
    Some(Clear {
        name: rung.name.clone(),
        at: rung.needed(multiple),
        distance: rung.needed(multiple) - bankroll,
    })
}

/// A room's own ladder: its recommendation is the highest of its own buy-ins.
fn room_ladder(
    ui: &Ui,
    stakes: &Stakes,
    room: &'static Room,
    bankroll: Decimal,
    multiple: Decimal,
) -> RoomLadder {
    let ladder = stakes.tournament_ladder(ui.numbers, Some(room.value));
    let examples = stakes
        .tournaments
        .iter()
        .filter(|one| one.room == room.value);
    let mut above: Vec<RoomRow> = advice::rows(ui.numbers, bankroll, multiple, &ladder)
        .into_iter()
        .zip(examples.rev().map(|one| one.examples.clone()))
        .collect();
    // Below the smallest there is none to stand at.
    let now = above
        .iter()
        .position(|(row, _)| row.state == advice::State::Now)
        .unwrap_or(above.len());
    let mut near = above.split_off(now.saturating_sub(NEAR));
    let below = near.split_off(near.len().min(now - above.len() + NEAR + 1));
    RoomLadder {
        room,
        above,
        near,
        below,
    }
}

impl TournamentsPage {
    fn rate_notes(&self) -> Vec<RateNote> {
        self.standing.rate_notes(&self.ui, &self.book)
    }

    fn at_home(&self, dollars: &Decimal) -> Option<String> {
        let amount = at_home(&self.book, *dollars)?;
        Some(self.ui.money(amount, self.book.figures.home))
    }

    /// The rate to dollars, as precise as anybody needs to follow the computation.
    fn rate(&self, rate: &Decimal) -> String {
        self.ui.numbers.exact(rate.round_sf(6).unwrap_or(*rate))
    }
}
