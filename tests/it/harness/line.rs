//! A line to the database that can be cut, can hang, and knows how often something went back and forth on it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

/// What the line does with what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Carrying,
    /// Takes everything and delivers nothing, as to a process that is stopped.
    Hung,
    /// Ends what is open and takes nothing new.
    Cut,
}

/// The message of the protocol that asks nothing but whether the other end is there.
const SYNC: [u8; 5] = [b'S', 0, 0, 0, 4];

struct State {
    mood: watch::Sender<Mood>,
    trips: AtomicU64,
    /// How many of them asked nothing: a connection was looked at when it came back to the pool.
    looks: AtomicU64,
    /// How many more round trips there are before the line is cut. Below zero: no end.
    left: AtomicI64,
    delay: AtomicU64,
}

/// A TCP proxy in front of a database's socket.
#[derive(Clone)]
pub struct Line {
    address: SocketAddr,
    state: Arc<State>,
}

impl Line {
    /// A line to the server that these options name.
    pub async fn to(options: &PgConnectOptions) -> Self {
        let folder = options.get_socket().expect("the tests' server has one");
        let socket = folder.join(format!(".s.PGSQL.{}", options.get_port()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            mood: watch::Sender::new(Mood::Carrying),
            trips: AtomicU64::new(0),
            looks: AtomicU64::new(0),
            left: AtomicI64::new(-1),
            delay: AtomicU64::new(0),
        });
        let carried = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if *carried.mood.borrow() == Mood::Cut {
                    continue;
                }
                let far = UnixStream::connect(&socket).await.unwrap();
                tokio::spawn(carry(Arc::clone(&carried), near, far));
            }
        });
        Self { address, state }
    }

    /// The same database, over this line.
    pub fn options(&self, direct: &PgConnectOptions) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host(&self.address.ip().to_string())
            .port(self.address.port())
            .username(direct.get_username())
            .database(direct.get_database().unwrap_or_default())
            .ssl_mode(sqlx::postgres::PgSslMode::Disable)
    }

    pub fn hang(&self) {
        self.state.mood.send_replace(Mood::Hung);
    }

    pub fn cut(&self) {
        self.state.mood.send_replace(Mood::Cut);
    }

    /// Cuts the line after some more round trips.
    pub fn cut_after(&self, trips: u32) {
        self.state.left.store(trips.into(), Ordering::SeqCst);
    }

    pub fn mend(&self) {
        self.state.left.store(-1, Ordering::SeqCst);
        self.state.mood.send_replace(Mood::Carrying);
    }

    /// How long each way to the database takes from now on.
    pub fn delay(&self, by: Duration) {
        let milliseconds = u64::try_from(by.as_millis()).unwrap();
        self.state.delay.store(milliseconds, Ordering::SeqCst);
    }

    /// How often something was asked so far.
    pub fn trips(&self) -> u64 {
        self.state.trips.load(Ordering::SeqCst)
    }

    /// The same without those that nobody waited for: a connection is looked at when it comes back to the pool.
    pub fn waited_for(&self) -> u64 {
        self.trips() - self.state.looks.load(Ordering::SeqCst)
    }
}

async fn carry(state: Arc<State>, near: TcpStream, far: UnixStream) {
    near.set_nodelay(true).ok();
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    let mut mood = state.mood.subscribe();
    // What is asked after an answer is a new round trip.
    let answered = AtomicBool::new(true);
    tokio::select! {
        () = pass(&state, near_read, far_write, &answered, true) => {}
        () = pass(&state, far_read, near_write, &answered, false) => {}
        _ = mood.wait_for(|mood| *mood == Mood::Cut) => {}
    }
}

async fn pass(
    state: &State,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    answered: &AtomicBool,
    asks: bool,
) {
    let mut mood = state.mood.subscribe();
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if !asks {
            answered.store(true, Ordering::SeqCst);
        } else if answered.swap(false, Ordering::SeqCst) {
            state.asked(&buffer[..length]);
            let delay = state.delay.load(Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        let open = mood.wait_for(|mood| *mood != Mood::Hung).await;
        if !open.is_ok_and(|mood| *mood == Mood::Carrying)
            || to.write_all(&buffer[..length]).await.is_err()
        {
            return;
        }
    }
}

impl State {
    fn asked(&self, what: &[u8]) {
        self.trips.fetch_add(1, Ordering::SeqCst);
        if what == SYNC {
            self.looks.fetch_add(1, Ordering::SeqCst);
        }
        let left = self.left.load(Ordering::SeqCst);
        if left >= 0 && self.left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            self.left.store(0, Ordering::SeqCst);
            self.mood.send_replace(Mood::Cut);
        }
    }
}
