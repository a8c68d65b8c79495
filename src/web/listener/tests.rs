use super::*;

use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;

const QUICK: Patience = Patience {
    connections: 40,
    first_byte: Duration::from_millis(300),
    head: Duration::from_millis(300),
    idle: Duration::from_millis(900),
    write: Duration::from_millis(300),
    linger: Duration::from_millis(400),
    drain: Duration::from_millis(1500),
};

struct Site {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

fn site() -> Site {
    site_with(QUICK)
}

fn site_with(patience: Patience) -> Site {
    site_of(patience, router())
}

fn router() -> Router {
    Router::new()
        .route(
            "/",
            get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() }),
        )
        .route("/echo", post(|body: String| async move { body }))
        .route(
            "/slow",
            get(async || tokio::time::sleep(Duration::from_millis(800)).await),
        )
        .route("/large", get(async || vec![b'x'; 50_000_000]))
}

fn site_of(patience: Patience, router: Router) -> Site {
    let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let mut headers = HeaderMap::new();
    headers.insert(
        "x-content-type-options",
        HeaderValue::from_static("nosniff"),
    );
    let task = tokio::spawn(serve_with(patience, listener, router, headers, async {
        stopped.await.unwrap();
    }));
    Site {
        address,
        stop,
        task,
    }
}

impl Site {
    async fn send(&self, bytes: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream
    }
}

/// Everything that comes until the server closes the connection, and how long that took.
async fn rest(mut stream: TcpStream) -> (String, Duration) {
    let started = Instant::now();
    let mut bytes = Vec::new();
    // A reset ends the answer, too.
    tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes))
        .await
        .expect("was not closed")
        .ok();
    (
        String::from_utf8_lossy(&bytes).into_owned(),
        started.elapsed(),
    )
}

/// The answer to one request on a connection that stays open.
async fn answer(stream: &mut TcpStream) -> String {
    let mut buffer = [0; 4096];
    let length = stream.read(&mut buffer).await.unwrap();
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

#[tokio::test]
async fn requests_know_their_peer() {
    let site = site();
    let mut stream = site.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let answer = answer(&mut stream).await;
    assert!(
        answer.ends_with(&stream.local_addr().unwrap().to_string()),
        "{answer}"
    );
}

#[tokio::test]
async fn silent_and_dripping_connections_are_closed() {
    let site = site();
    let (silent, after) = rest(site.send("").await).await;
    assert_eq!(silent, "");
    assert!(after < Duration::from_millis(800), "{after:?}");

    let mut dripping = site.send("GET / HTTP/1.1\r\n").await;
    let started = Instant::now();
    while dripping.write_all(b"a: b\r\n").await.is_ok()
        && started.elapsed() < Duration::from_secs(5)
    {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn idle_connections_live_longer_than_silent_ones_but_not_for_ever() {
    let site = site();
    let mut stream = site.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    answer(&mut stream).await;
    tokio::time::sleep(QUICK.first_byte * 2).await;
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
    let (_, after) = rest(stream).await;
    assert!(after > QUICK.first_byte * 2, "{after:?}");
    assert!(after < QUICK.idle * 2, "{after:?}");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let site = site();
    let stream = site.send("GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
    // In steps: on a busy machine both would wake at once, and reading go on before the connection is cut.
    for _ in 0..30 {
        tokio::time::sleep(QUICK.write / 10).await;
    }
    let (received, _) = rest(stream).await;
    assert!(received.len() < 50_000_000, "{}", received.len());
}

#[tokio::test]
async fn a_slow_answer_and_a_slow_body_are_left_to_the_request_time_out() {
    let site = site();
    let mut stream = site.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));

    let mut stream = site
        .send("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\na")
        .await;
    tokio::time::sleep(QUICK.head * 2).await;
    stream.write_all(b"bc").await.unwrap();
    assert!(answer(&mut stream).await.ends_with("abc"));
}

#[tokio::test]
async fn oversized_heads_are_refused() {
    let site = site();
    for (request, status) in [
        (
            format!(
                "GET /{} HTTP/1.1\r\nhost: x\r\n\r\n",
                "a".repeat(LONGEST_URL)
            ),
            "414",
        ),
        (
            format!(
                "GET / HTTP/1.1\r\nhost: x\r\na: {}\r\n\r\n",
                "a".repeat(LARGEST_HEAD)
            ),
            "431",
        ),
        (
            format!(
                "GET / HTTP/1.1\r\nhost: x\r\n{}\r\n",
                "a: b\r\n".repeat(MOST_HEADERS)
            ),
            "431",
        ),
        ("GET / HTTP/1.1\r\nhost x\r\n\r\n".to_owned(), "400"),
        ("nonsense\r\n\r\n".to_owned(), "400"),
    ] {
        let (answer, _) = rest(site.send(&request).await).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{status}: {answer}"
        );
        assert_eq!(
            answer
                .matches("x-content-type-options: nosniff\r\n")
                .count(),
            1,
            "{answer}"
        );
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    }
}

/// Fails if hyper's own answers go out as they are, or if an answer of ours is taken for one of hyper's.
#[test]
fn only_what_hyper_refuses_gets_headers() {
    let mut headers = HeaderMap::new();
    headers.insert("a", HeaderValue::from_static("b"));
    let refusal = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let whole = refusal_of_hyper(refusal, &headers).unwrap();
    let text = String::from_utf8(whole).unwrap();
    assert!(
        text.contains("Large\r\na: b\r\nconnection: close\r\n"),
        "{text}"
    );
    for other in [
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\nx-content-type-options: nosniff\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 400 is what a page says",
        "",
    ] {
        assert!(
            refusal_of_hyper(other.as_bytes(), &headers).is_none(),
            "{other}"
        );
    }
}

/// Fails if whoever is new waits until slow heads, or answers that nobody takes, have run out of time.
#[tokio::test]
async fn whoever_keeps_us_waiting_makes_room_for_others() {
    let patient = Patience {
        first_byte: Duration::from_secs(60),
        head: Duration::from_secs(60),
        write: Duration::from_secs(60),
        ..QUICK
    };
    for attack in [
        "GET / HTTP/1.1\r\n",
        "",
        "GET /large HTTP/1.1\r\nhost: x\r\n\r\n",
    ] {
        let site = site_with(patient);
        let mut slow = Vec::new();
        for _ in 0..QUICK.connections {
            slow.push(site.send(attack).await);
        }
        tokio::time::sleep(ON_ITS_WAY * 2).await;
        for _ in 0..10 {
            let request = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
            let (answer, after) = rest(site.send(request).await).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{attack:?}: {answer}");
            assert!(after < Duration::from_secs(1), "{attack:?}: {after:?}");
        }
    }
}

#[tokio::test]
async fn a_stop_answers_what_is_open_and_takes_nothing_new() {
    let site = site();
    let mut idle = site.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    answer(&mut idle).await;
    let slow = site.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    site.stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(TcpStream::connect(site.address).await.is_err());
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let (last, _) = rest(idle).await;
    assert!(
        last.starts_with("HTTP/1.1 200") && last.contains("connection: close"),
        "{last}"
    );
    let (slow, _) = rest(slow).await;
    assert!(
        slow.starts_with("HTTP/1.1 200") && slow.contains("connection: close"),
        "{slow}"
    );
    site.task.await.unwrap();
}

#[tokio::test]
async fn a_stop_with_nothing_open_is_immediate() {
    let site = site();
    let started = Instant::now();
    site.stop.send(()).unwrap();
    site.task.await.unwrap();
    assert!(started.elapsed() < QUICK.linger, "{:?}", started.elapsed());
}

#[test]
fn one_client_cannot_take_every_connection() {
    let clients = Arc::new(Clients::default());
    let address: IpAddr = "192.0.2.1".parse().unwrap();
    let mut places: Vec<Place> = (0..MOST_PER_CLIENT)
        .filter_map(|_| Clients::admit(&clients, address))
        .collect();
    assert_eq!(places.len(), 64);
    assert!(Clients::admit(&clients, address).is_none());
    assert!(Clients::admit(&clients, "::ffff:192.0.2.1".parse().unwrap()).is_none());
    assert!(Clients::admit(&clients, "192.0.2.2".parse().unwrap()).is_some());
    assert!(Clients::admit(&clients, "127.0.0.1".parse().unwrap()).is_some());
    places.pop();
    assert!(Clients::admit(&clients, address).is_some());
    drop(places);
    assert!(clients.0.lock().unwrap().is_empty());
}

#[test]
fn a_network_of_v6_addresses_is_one_client() {
    let of = |text: &str| client(text.parse().unwrap());
    assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
    assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
    assert!(of("::1").is_loopback());
}

/// A body without end that counts what is taken of it, and says so when it is given up.
struct Counted(u64, Option<oneshot::Sender<u64>>);

impl hyper::body::Body for Counted {
    type Data = axum::body::Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Self::Data>, Infallible>>> {
        static PART: [u8; 16_384] = [b'x'; 16_384];
        self.0 += PART.len() as u64;
        let part = hyper::body::Frame::data(Self::Data::from_static(&PART));
        Poll::Ready(Some(Ok(part)))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(told) = self.1.take() {
            told.send(self.0).ok();
        }
    }
}

/// Fails without `SEND_BUFFER`: the system took four megabytes for each.
#[tokio::test]
async fn a_client_that_reads_nothing_makes_little_work() {
    let (told, taken) = oneshot::channel();
    let told = Arc::new(Mutex::new(Some(told)));
    let body = async move || Body::new(Counted(0, told.lock().unwrap().take()));
    let site = site_of(QUICK, Router::new().route("/", get(body)));
    let deaf = site.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let taken = tokio::time::timeout(Duration::from_secs(20), taken).await;
    let taken = taken.expect("was not closed").unwrap();
    assert!(taken < 1_500_000, "{taken}");
    drop(deaf);
}
