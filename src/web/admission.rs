//! What a request may take: so much time, and one of so many places. Around every route, whatever it is.
//!
//! A place is dear where it is held for long, and a body that comes slowly holds one for as long as its sender likes.
//! So bodies that are still coming have a share only, strangers' bodies a part of that, and one network a few of each.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::{Extensions, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};

use crate::app::App;
use crate::error::Error;
use crate::web::client::Client;
use crate::web::{errors, session};

/// Requests that are being answered at once,
const MOST: usize = 1024;
/// of them those whose body is still coming,
const MOST_BODIES: usize = 512;
/// and of these those of nobody who is signed in.
const MOST_BODIES_OF_STRANGERS: usize = 384;
/// The same of one network: a household's browsers have fewer,
const MOST_OF_NETWORK: u32 = 32;
/// and send one form at a time each.
const MOST_BODIES_OF_NETWORK: u32 = 8;

/// Bytes a second that a long upload must bring.
const SLOWEST: u64 = 8 * 1024;

/// How long whoever is refused a place should wait.
const COME_BACK: Duration = Duration::from_secs(1);

/// Which kind of time a request has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// A page or a form.
    Page,
    /// An upload or a download of everything.
    Transfer,
}

/// When the request's answer is due.
#[derive(Clone, Copy)]
struct Due(Instant);

/// Set when the request's body came too slowly.
#[derive(Clone)]
struct Cut(Arc<AtomicBool>);

/// Whether the body of the request with these extensions was cut off because it came too slowly.
pub fn was_cut(extensions: &Extensions) -> bool {
    let cut = extensions.get::<Cut>();
    cut.is_some_and(|cut| cut.0.load(Ordering::Relaxed))
}

/// Around every route: gives the request its places, and ends it when its time is over.
pub async fn admit(app: App, span: Span, mut request: Request, next: Next) -> Response {
    let times = app.config.times;
    let due = Instant::now()
        + match span {
            Span::Page => times.request,
            Span::Transfer => times.transfer,
        };
    let cut = Arc::new(AtomicBool::new(false));
    request.extensions_mut().insert(Due(due));
    request.extensions_mut().insert(Cut(Arc::clone(&cut)));
    let (mut parts, body) = request.into_parts();
    let before = parts.clone();
    let network = of_network(&app, &parts.extensions);
    let places = app.kept::<Places>();
    let has_body = !body.is_end_stream();
    // Whoever looks whether the site lives is told so even when nobody else gets in.
    let is_check = matches!(parts.uri.path(), "/healthz" | "/readyz");
    let admitted = if is_check {
        Ok(None)
    } else {
        places.admit(network).map(Some)
    };
    let coming = match &admitted {
        Ok(_) if has_body => places.admit_body(network).map(Some),
        _ => Ok(None),
    };
    let (_place, body) = match (admitted, coming) {
        (Ok(place), Ok(None)) => (place, body),
        (Ok(place), Ok(Some(coming))) => {
            let speed = Pace::new(&app, span, due, cut);
            (place, Body::new(Coming::new(body, coming, Some(speed))))
        }
        (Err(full), _) | (_, Err(full)) => {
            places.refused();
            return errors::bare(&app, before, &full.into(), last).await;
        }
    };
    parts.extensions.insert(places);
    let answer = next.run(Request::from_parts(parts, body));
    if let Ok(response) = tokio::time::timeout_at(due, answer).await {
        return response;
    }
    let late = Error::Unavailable(anyhow::anyhow!("the answer took too long"));
    errors::bare(&app, before, &late, last).await
}

/// The connection takes no more requests: what is left of this one need not be read.
fn last(mut response: Response) -> Response {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// Middleware: ends what handles a request so early before its time is over that there is some left to say so.
pub async fn in_time(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(Due(due)) = request.extensions().get().copied() else {
        return next.run(request).await;
    };
    let due = due.checked_sub(app.config.times.session).unwrap_or(due);
    let answer = tokio::time::timeout_at(due, next.run(request)).await;
    answer.unwrap_or_else(|_| {
        Error::Unavailable(anyhow::anyhow!("the request took too long")).into_response()
    })
}

/// Middleware, where it is known who a request is from: bodies of strangers have a share.
pub async fn share(request: Request, next: Next) -> Response {
    if session::is_known(request.extensions()) || request.body().is_end_stream() {
        return next.run(request).await;
    }
    let Some(places) = request.extensions().get::<Arc<Places>>().cloned() else {
        return next.run(request).await;
    };
    let Ok(place) = Arc::clone(&places.bodies_of_strangers).try_acquire_owned() else {
        places.refused();
        return last(Error::from(Full::Site).into_response());
    };
    let place = Place::of_all(place);
    next.run(request.map(|body| Body::new(Coming::new(body, place, None))))
        .await
}

/// The network that a request counts for. `None` where all requests come from one address: on a machine that only its
/// owner reaches, and from a proxy that was not named.
fn of_network(app: &App, extensions: &Extensions) -> Option<IpNet> {
    let client = extensions.get::<Client>()?;
    (!app.config.is_private() && !client.0.is_loopback()).then(|| client.network())
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Full {
    Network,
    Site,
}

impl From<Full> for Error {
    fn from(full: Full) -> Self {
        match full {
            Full::Network => Error::TooMany(COME_BACK),
            Full::Site => Error::Busy,
        }
    }
}

/// The places of a server.
pub struct Places {
    requests: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    bodies_of_strangers: Arc<Semaphore>,
    networks: Arc<Mutex<HashMap<IpNet, Held>>>,
    refused: AtomicU64,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            requests: Arc::new(Semaphore::new(MOST)),
            bodies: Arc::new(Semaphore::new(MOST_BODIES)),
            bodies_of_strangers: Arc::new(Semaphore::new(MOST_BODIES_OF_STRANGERS)),
            networks: Arc::default(),
            refused: AtomicU64::new(0),
        }
    }
}

/// What one network holds.
#[derive(Default)]
struct Held {
    requests: u32,
    bodies: u32,
}

impl Held {
    fn count(&mut self, is_body: bool) -> &mut u32 {
        if is_body {
            &mut self.bodies
        } else {
            &mut self.requests
        }
    }
}

impl Places {
    fn admit(&self, network: Option<IpNet>) -> Result<Place, Full> {
        self.place(&self.requests, network, false)
    }

    fn admit_body(&self, network: Option<IpNet>) -> Result<Place, Full> {
        self.place(&self.bodies, network, true)
    }

    fn place(
        &self,
        of_all: &Arc<Semaphore>,
        network: Option<IpNet>,
        is_body: bool,
    ) -> Result<Place, Full> {
        let of_network = network
            .map(|network| Counted::new(&self.networks, network, is_body).ok_or(Full::Network))
            .transpose()?;
        let of_all = Arc::clone(of_all).try_acquire_owned();
        Ok(Place {
            _of_network: of_network,
            _of_all: of_all.map_err(|_| Full::Site)?,
        })
    }

    /// Refusing must be cheap, its line in the log too: see [`Places::tell`].
    fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// One line of how many were refused since the last one, if any were.
    pub fn tell(&self) {
        let refused = self.refused.swap(0, Ordering::Relaxed);
        if refused > 0 {
            tracing::warn!(refused, "requests were refused: too many were open at once");
        }
    }
}

/// Somebody's place, given back when it is dropped.
struct Place {
    _of_network: Option<Counted>,
    _of_all: OwnedSemaphorePermit,
}

impl Place {
    fn of_all(place: OwnedSemaphorePermit) -> Self {
        Self {
            _of_network: None,
            _of_all: place,
        }
    }
}

/// One of what a network holds.
struct Counted {
    networks: Arc<Mutex<HashMap<IpNet, Held>>>,
    network: IpNet,
    is_body: bool,
}

impl Counted {
    /// `None` when the network holds enough.
    fn new(
        networks: &Arc<Mutex<HashMap<IpNet, Held>>>,
        network: IpNet,
        is_body: bool,
    ) -> Option<Self> {
        let most = if is_body {
            MOST_BODIES_OF_NETWORK
        } else {
            MOST_OF_NETWORK
        };
        let mut all = networks.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.entry(network).or_default().count(is_body);
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Self {
            networks: Arc::clone(networks),
            network,
            is_body,
        })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let networks = self.networks.lock();
        let mut all = networks.unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = all.get_mut(&self.network) {
            *held.count(self.is_body) -= 1;
            if (held.requests, held.bodies) == (0, 0) {
                all.remove(&self.network);
            }
        }
    }
}

/// A body that is still coming. Its place is free when it has come, and not only when the request is answered.
struct Coming {
    body: Body,
    place: Option<Place>,
    speed: Option<Pace>,
}

impl Coming {
    fn new(body: Body, place: Place, speed: Option<Pace>) -> Self {
        Self {
            body,
            place: Some(place),
            speed,
        }
    }
}

impl HttpBody for Coming {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        let length = match &polled {
            Poll::Ready(Some(Ok(frame))) => frame.data_ref().map_or(0, Bytes::len),
            Poll::Ready(_) => {
                self.place = None;
                return polled;
            }
            Poll::Pending => 0,
        };
        let Some(speed) = &mut self.speed else {
            return polled;
        };
        if polled.is_ready() && speed.keeps_up(length) {
            return polled;
        }
        ready!(speed.is_over(context));
        self.place = None;
        let late = io::Error::from(io::ErrorKind::TimedOut);
        Poll::Ready(Some(Err(axum::Error::new(late))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// How quickly a body must come.
struct Pace {
    /// When all of it must be there.
    due: Instant,
    /// From one part to the next.
    pause: Duration,
    /// What has come since when, if that matters.
    brought: Option<(Instant, u64)>,
    clock: Pin<Box<Sleep>>,
    cut: Arc<AtomicBool>,
}

impl Pace {
    fn new(app: &App, span: Span, due: Instant, cut: Arc<AtomicBool>) -> Self {
        let (times, now) = (app.config.times, Instant::now());
        let (due, brought) = match span {
            Span::Page => (due.min(now + times.body), None),
            Span::Transfer => (due, Some((now, 0))),
        };
        Self {
            due,
            pause: times.pause,
            brought,
            clock: Box::pin(tokio::time::sleep_until(due.min(now + times.pause))),
            cut,
        }
    }

    /// Takes note of a part that has come. Whether it came in time.
    fn keeps_up(&mut self, length: usize) -> bool {
        let now = Instant::now();
        let mut until = self.due.min(now + self.pause);
        if let Some((since, bytes)) = &mut self.brought {
            *bytes += length as u64;
            let over = now.duration_since(*since);
            if over >= 2 * self.pause {
                if u128::from(*bytes) * 1000 < u128::from(SLOWEST) * over.as_millis() {
                    until = now;
                }
                (*since, *bytes) = (now, 0);
            }
        }
        self.clock.as_mut().reset(until);
        until > now
    }

    /// Ready when the body is cut off.
    fn is_over(&mut self, context: &mut Context<'_>) -> Poll<()> {
        ready!(self.clock.as_mut().poll(context));
        self.cut.store(true, Ordering::Relaxed);
        Poll::Ready(())
    }
}
