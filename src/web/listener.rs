//! The accept loop: connections in, requests to the router, and the limits that keep slow or greedy clients from
//! taking the place of others.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::CONNECTION;
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, Sleep};
use tower::Service;

/// Bytes in the head of a request, at most: the request line and all headers.
const LARGEST_HEAD: usize = 32 * 1024;
const MOST_HEADERS: usize = 100;
/// Bytes in the path and query of a URL, at most.
const LONGEST_URL: usize = 8 * 1024;
/// Open connections, at most. For one more, one of those is closed that keep us waiting.
pub const MOST_CONNECTIONS: usize = 4096;
/// Open connections of one client, at most. Loopback is exempt: that is the proxy, with everybody behind it.
const MOST_PER_CLIENT: u32 = 64;
/// A connection that keeps us waiting for less than this may only be on its way.
const ON_ITS_WAY: Duration = Duration::from_millis(250);
/// How long somebody new waits for the one that was closed to be gone, before another is.
const ROOM_PAUSE: Duration = Duration::from_millis(20);
/// Bytes of an answer that the system buffers for a client who does not read. Left alone it goes up to megabytes: that is
/// memory of the whole machine, and a hundred requests in one packet are enough to fill it.
const SEND_BUFFER: u32 = 256 * 1024;
/// Connections that wait to be accepted, at most.
const BACKLOG: u32 = 1024;
/// Pause after a failed accept, most likely for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long things may take.
#[derive(Clone, Copy)]
struct Patience {
    /// Open connections, at most.
    connections: usize,
    /// From accepting a connection to its first byte.
    first_byte: Duration,
    /// From a request's first byte to the end of its head.
    head: Duration,
    /// From one request to the next one on the same connection.
    idle: Duration,
    /// Until a client takes some more of its answer.
    write: Duration,
    /// After a stop is asked for, open connections are still served this long, each answer with `Connection: close`.
    linger: Duration,
    /// Requests that are still being answered this long after a stop is asked for are cut off.
    drain: Duration,
}

const PATIENCE: Patience = Patience {
    connections: MOST_CONNECTIONS,
    first_byte: Duration::from_secs(10),
    head: Duration::from_secs(10),
    idle: Duration::from_secs(60),
    write: Duration::from_secs(30),
    linger: Duration::from_secs(2),
    drain: Duration::from_secs(25),
};

/// Listens. Fails if somebody else does.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // The program may come back while connections of the one before are still ending.
    socket.set_reuseaddr(true)?;
    // Connections have what the socket has that they came in by.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `shutdown` completes and the open requests are answered, 25 s later at most. Every request carries its
/// peer as `ConnectInfo<SocketAddr>` in its extensions. What is refused before the router has seen it carries `headers`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    headers: HeaderMap,
    shutdown: impl Future<Output = ()>,
) {
    serve_with(PATIENCE, listener, router, headers, shutdown).await;
}

async fn serve_with(
    patience: Patience,
    listener: TcpListener,
    router: Router,
    headers: HeaderMap,
    shutdown: impl Future<Output = ()>,
) {
    let headers = Arc::new(headers);
    let room = Arc::new(Semaphore::new(patience.connections));
    let open = Arc::new(Connections::default());
    let clients = Arc::new(Clients::default());
    let closing = Arc::new(AtomicBool::new(false));
    let (stop, stopped) = watch::channel(());
    let accepting = async {
        loop {
            let (stream, peer) = accept(&listener).await;
            let Some(place) = Clients::admit(&clients, peer.ip()) else {
                continue;
            };
            let permit = make_room(&room, &open).await;
            let entry = Connections::add(&open);
            let handler = Handler {
                router: router.clone(),
                peer,
                connection: Arc::clone(&entry.connection),
                headers: Arc::clone(&headers),
                closing: Arc::clone(&closing),
            };
            tokio::spawn(converse(
                patience,
                stream,
                handler,
                stopped.clone(),
                (permit, place, entry),
            ));
        }
    };
    tokio::select! {
        () = accepting => {}
        () = shutdown => {}
    }
    let asked = Instant::now();
    drop(listener);
    drop(stopped);
    closing.store(true, Ordering::Relaxed);
    if tokio::time::timeout(patience.linger, stop.closed())
        .await
        .is_ok()
    {
        return;
    }
    // Nobody listens any more only when the last connection has just ended.
    stop.send(()).ok();
    if tokio::time::timeout_at(asked + patience.drain, stop.closed())
        .await
        .is_err()
    {
        tracing::warn!("{} connections were cut off", stop.receiver_count());
    }
}

/// Room for one more connection, if need be that of another.
async fn make_room(room: &Arc<Semaphore>, open: &Connections) -> OwnedSemaphorePermit {
    loop {
        if let Ok(permit) = Arc::clone(room).try_acquire_owned() {
            return permit;
        }
        open.close_one();
        let gone = tokio::time::timeout(ROOM_PAUSE, Arc::clone(room).acquire_owned());
        if let Ok(Ok(permit)) = gone.await {
            return permit;
        }
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_the_clients_fault(&error) => {}
            Err(error) => {
                tracing::error!("could not accept a connection: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn is_the_clients_fault(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// One connection, from its first to its last byte.
async fn converse(
    patience: Patience,
    stream: TcpStream,
    handler: Handler,
    mut stopped: watch::Receiver<()>,
    _place: (OwnedSemaphorePermit, Place, Entry),
) {
    // Without it, the end of an answer could wait for the client's acknowledgement of its start.
    stream.set_nodelay(true).ok();
    let watched = Arc::clone(&handler.connection);
    let headers = Arc::clone(&handler.headers);
    let stream = Guarded::new(patience, stream, Arc::clone(&watched), headers);
    let connection = http1::Builder::new()
        .max_header_size(LARGEST_HEAD)
        .max_buf_size(2 * LARGEST_HEAD)
        .max_headers(MOST_HEADERS)
        // Ours is in `Guarded`: hyper's would close connections that are merely idle, too.
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), handler);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = watched.close.notified() => {
            tracing::debug!("a connection was closed for another");
            return;
        }
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection ended early: {error}");
    }
}

/// What a connection is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Phase {
    /// The first byte of its first request.
    New,
    /// The first byte of its next request.
    Idle,
    /// The rest of a request's head.
    Head,
    /// Us.
    Busy,
}

/// What is known of an open connection.
struct Connection {
    /// A [`Phase`].
    phase: AtomicU8,
    /// When that began, or bytes of ours were last taken, in milliseconds after the first connection.
    since: AtomicU64,
    /// Whether bytes of ours wait to be taken.
    is_deaf: AtomicBool,
    started: Instant,
    /// Told when somebody else needs its place.
    close: Notify,
}

impl Connection {
    fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Relaxed) {
            0 => Phase::New,
            1 => Phase::Idle,
            2 => Phase::Head,
            _ => Phase::Busy,
        }
    }

    fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
        self.progress();
    }

    fn progress(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.since.store(now, Ordering::Relaxed);
    }

    /// How little is lost with it, the least first; `None` if it is not us who wait.
    fn worth(&self) -> Option<u8> {
        match self.phase() {
            Phase::New | Phase::Head => Some(0),
            _ if self.is_deaf.load(Ordering::Relaxed) => Some(1),
            Phase::Idle => Some(2),
            Phase::Busy => None,
        }
    }
}

/// All that are open.
struct Connections {
    open: Mutex<HashMap<u64, Arc<Connection>>>,
    next: AtomicU64,
    started: Instant,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            open: Mutex::default(),
            next: AtomicU64::new(0),
            started: Instant::now(),
        }
    }
}

/// A connection's line among those that are open, which ends with it.
struct Entry {
    all: Arc<Connections>,
    number: u64,
    connection: Arc<Connection>,
}

impl Connections {
    fn add(all: &Arc<Self>) -> Entry {
        let connection = Arc::new(Connection {
            phase: AtomicU8::new(Phase::New as u8),
            since: AtomicU64::new(0),
            is_deaf: AtomicBool::new(false),
            started: all.started,
            close: Notify::new(),
        });
        connection.progress();
        let number = all.next.fetch_add(1, Ordering::Relaxed);
        let mut open = all.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.insert(number, Arc::clone(&connection));
        Entry {
            all: Arc::clone(all),
            number,
            connection,
        }
    }

    /// Closes the one that has kept us waiting for longest: for a head, else for somebody to listen, else for a request.
    fn close_one(&self) {
        let before = self.started.elapsed().saturating_sub(ON_ITS_WAY);
        let before = u64::try_from(before.as_millis()).unwrap_or(u64::MAX);
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = open.values().filter_map(|connection| {
            let since = connection.since.load(Ordering::Relaxed);
            (since < before).then_some((connection.worth()?, since, connection))
        });
        if let Some((.., connection)) = waiting.min_by_key(|(worth, since, _)| (*worth, *since)) {
            // Not chosen again while it ends.
            connection.enter(Phase::Busy);
            connection.close.notify_one();
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let open = self.all.open.lock();
        open.unwrap_or_else(PoisonError::into_inner)
            .remove(&self.number);
    }
}

/// Hands requests to the router.
struct Handler {
    router: Router,
    peer: SocketAddr,
    connection: Arc<Connection>,
    /// What answers carry that do not come from the router.
    headers: Arc<HeaderMap>,
    /// Whether this answer is to be the connection's last.
    closing: Arc<AtomicBool>,
}

impl hyper::service::Service<Request<Incoming>> for Handler {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        self.connection.enter(Phase::Busy);
        let too_long = request
            .uri()
            .path_and_query()
            .is_some_and(|path| path.as_str().len() > LONGEST_URL);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let answer = (!too_long).then(|| self.router.clone().call(request.map(Body::new)));
        let (connection, closing) = (Arc::clone(&self.connection), Arc::clone(&self.closing));
        let headers = Arc::clone(&self.headers);
        Box::pin(async move {
            let mut response = match answer {
                Some(answer) => answer.await?,
                None => refusal(StatusCode::URI_TOO_LONG, &headers),
            };
            if closing.load(Ordering::Relaxed) || too_long {
                response
                    .headers_mut()
                    .insert(CONNECTION, HeaderValue::from_static("close"));
            }
            connection.enter(Phase::Idle);
            Ok(response)
        })
    }
}

fn refusal(status: StatusCode, headers: &HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    *response.headers_mut() = headers.clone();
    response
}

/// What hyper says by itself of a head that it cannot read, with our headers in it. `None` for anything else.
fn refusal_of_hyper(bytes: &[u8], headers: &HeaderMap) -> Option<Vec<u8>> {
    let is_whole = bytes.len() < 300 && bytes.ends_with(b"\r\n\r\n");
    let is_refusal = is_whole && bytes.starts_with(b"HTTP/1.1 4");
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")? + 2;
    let (line, rest) = bytes.split_at_checked(end)?;
    // Ours have them.
    let is_hypers = is_refusal && !rest.windows(8).any(|name| name == b"nosniff\r");
    is_hypers.then(|| {
        let mut whole = line.to_vec();
        for (name, value) in headers {
            whole.extend_from_slice(name.as_ref());
            whole.extend_from_slice(b": ");
            whole.extend_from_slice(value.as_bytes());
            whole.extend_from_slice(b"\r\n");
        }
        whole.extend_from_slice(rest);
        whole
    })
}

/// A stream with deadlines: for the next bytes to come, and for bytes of ours to be taken.
struct Guarded {
    patience: Patience,
    stream: TcpStream,
    connection: Arc<Connection>,
    headers: Arc<HeaderMap>,
    /// What stands for an answer of hyper's own, as far as it is not sent.
    pending: Vec<u8>,
    /// The phase that the reading deadline was made for.
    timed: Phase,
    reading: Deadline,
    writing: Deadline,
}

impl Guarded {
    fn new(
        patience: Patience,
        stream: TcpStream,
        connection: Arc<Connection>,
        headers: Arc<HeaderMap>,
    ) -> Self {
        Self {
            patience,
            stream,
            connection,
            headers,
            pending: Vec::new(),
            timed: Phase::Busy,
            reading: Deadline::default(),
            writing: Deadline::default(),
        }
    }

    /// Ready when the client's next bytes are overdue.
    fn waited_too_long(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let phase = self.connection.phase();
        let after = match phase {
            Phase::New => self.patience.first_byte,
            Phase::Idle => self.patience.idle,
            Phase::Head => self.patience.head,
            // The request's own time-out covers its body.
            Phase::Busy => return Poll::Pending,
        };
        if self.timed != phase {
            self.timed = phase;
            self.reading.set(after);
        }
        self.reading.poll(context)
    }

    /// Keeps `outcome` of an attempt to write, unless the client has taken nothing for too long.
    fn written<T>(
        &mut self,
        outcome: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        self.connection
            .is_deaf
            .store(outcome.is_pending(), Ordering::Relaxed);
        if outcome.is_ready() {
            self.connection.progress();
            self.writing.lift();
            // A long answer is not idleness, and after its end hyper does not always look for the next request by itself.
            self.timed = Phase::Busy;
            return match self.waited_too_long(context) {
                Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                Poll::Pending => outcome,
            };
        }
        self.writing.set_if_lifted(self.patience.write);
        ready!(self.writing.poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Takes what hyper answers by itself, to send it with our headers.
    fn takes(&mut self, bytes: &[u8]) -> bool {
        if self.connection.phase() != Phase::Head {
            return false;
        }
        let answer = refusal_of_hyper(bytes, &self.headers);
        self.pending.extend(answer.iter().flatten());
        answer.is_some()
    }

    fn send_pending(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.pending.is_empty() {
            let outcome = Pin::new(&mut self.stream).poll_write(context, &self.pending);
            let length = ready!(self.written(outcome, context))?;
            self.pending.drain(..length);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        if outcome.is_ready() {
            if matches!(self.connection.phase(), Phase::New | Phase::Idle) {
                self.connection.enter(Phase::Head);
            }
            return outcome;
        }
        ready!(self.waited_too_long(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.send_pending(context))?;
        if self.takes(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(outcome, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.send_pending(context))?;
        if let [bytes] = slices
            && self.takes(bytes)
        {
            return Poll::Ready(Ok(bytes.len()));
        }
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.written(outcome, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.send_pending(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.send_pending(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A timer that is cheap to move: the clock is set again only when it rings too early.
#[derive(Default)]
struct Deadline {
    at: Option<Instant>,
    clock: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    fn set(&mut self, after: Duration) {
        let at = Instant::now() + after;
        // A clock that would ring too late is of no use.
        if self
            .clock
            .as_ref()
            .is_some_and(|clock| clock.deadline() > at)
        {
            self.clock = None;
        }
        self.at = Some(at);
    }

    fn set_if_lifted(&mut self, after: Duration) {
        if self.at.is_none() {
            self.set(after);
        }
    }

    fn lift(&mut self) {
        self.at = None;
    }

    /// Ready when the deadline has passed.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.at else {
            return Poll::Pending;
        };
        let clock = self
            .clock
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        loop {
            ready!(clock.as_mut().poll(context));
            if clock.deadline() >= at {
                return Poll::Ready(());
            }
            clock.as_mut().reset(at);
        }
    }
}

/// How many connections each client has open.
#[derive(Default)]
struct Clients(Mutex<HashMap<IpAddr, u32>>);

/// A connection's share in its client's count, given back when it ends.
struct Place(Option<(Arc<Clients>, IpAddr)>);

impl Clients {
    /// A place for one more connection, or `None` when the client has enough.
    fn admit(clients: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let client = client(address);
        if client.is_loopback() {
            return Some(Place(None));
        }
        let mut open = clients.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(client).or_insert(0);
        if *count >= MOST_PER_CLIENT {
            return None;
        }
        *count += 1;
        Some(Place(Some((Arc::clone(clients), client))))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((clients, client)) = self.0.take() else {
            return;
        };
        let mut open = clients.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                open.remove(&client);
            }
        }
    }
}

/// The client that an address stands for: one household or machine has a whole /64 of IPv6 addresses.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => {
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests;
