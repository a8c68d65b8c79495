//! Where a request comes from: the peer, or whoever a trusted proxy says it speaks for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::Response;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::app::App;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of whoever sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client(pub IpAddr);

impl Client {
    /// Limits count by this: an IPv4 address, or the /64 that an IPv6 user has to themselves.
    pub fn network(self) -> IpNet {
        cut(self.0, 32, 64)
    }

    /// People see this: the network without its last part.
    pub fn place(self) -> IpNet {
        cut(self.0, 24, 48)
    }
}

fn cut(address: IpAddr, v4: u8, v6: u8) -> IpNet {
    let whole = IpNet::from(address);
    match address {
        IpAddr::V4(address) => Ipv4Net::new(address, v4).map_or(whole, |net| net.trunc().into()),
        IpAddr::V6(address) => Ipv6Net::new(address, v6).map_or(whole, |net| net.trunc().into()),
    }
}

/// Middleware: finds the client and puts it into the request.
pub async fn find(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip());
    let client = client(peer, request.headers(), &app.config.trusted_proxies);
    request.extensions_mut().insert(client);
    next.run(request).await
}

/// The nearest hop that is not one of our proxies. What stands to the left of it in the header is what anybody may
/// have written there. A header that a proxy did not write counts for nothing.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Client {
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    let mut nearest = peer.to_canonical();
    if !is_trusted(nearest) {
        return Client(nearest);
    }
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
    for line in lines.into_iter().rev() {
        let Ok(line) = line.to_str() else { break };
        for hop in line.rsplit(',') {
            // What cannot be read was not written by our proxy: the hop to its right is all that is known.
            let Some(address) = address(hop.trim()) else {
                return Client(nearest);
            };
            nearest = address;
            if !is_trusted(nearest) {
                return Client(nearest);
            }
        }
    }
    Client(nearest)
}

/// `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:443`
fn address(hop: &str) -> Option<IpAddr> {
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address: IpAddr = hop.parse().ok().or_else(with_port).or_else(in_brackets)?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_is_the_nearest_hop_that_is_not_ours() {
        let trusted: Vec<IpNet> = ["127.0.0.1/32", "10.0.0.0/8", "::1/128", "fd00::/8"]
            .map(|net| net.parse().unwrap())
            .to_vec();
        let cases: &[(&str, &[&str], &str)] = &[
            // Nobody of ours: whatever the header says.
            ("203.0.113.9", &[], "203.0.113.9"),
            ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("203.0.113.9", &["127.0.0.1"], "203.0.113.9"),
            ("::ffff:203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("2001:db8::9", &["198.51.100.1"], "2001:db8::9"),
            // Our proxy without a header, or with an empty one.
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &[""], "127.0.0.1"),
            ("127.0.0.1", &["   "], "127.0.0.1"),
            // One hop.
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::1", &["2001:db8::1"], "2001:db8::1"),
            ("127.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("127.0.0.1", &["[2001:db8::1]"], "2001:db8::1"),
            ("127.0.0.1", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("127.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["  198.51.100.1\t"], "198.51.100.1"),
            // Made up by the client: to the left of what our proxy wrote.
            ("127.0.0.1", &["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["127.0.0.1, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["nonsense, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["1.2.3.4", "198.51.100.1"], "198.51.100.1"),
            // Two proxies of ours.
            ("127.0.0.1", &["198.51.100.1, 10.1.2.3"], "198.51.100.1"),
            (
                "127.0.0.1",
                &["1.2.3.4, 198.51.100.1, 10.1.2.3"],
                "198.51.100.1",
            ),
            ("127.0.0.1", &["198.51.100.1", "10.1.2.3"], "198.51.100.1"),
            ("127.0.0.1", &["10.9.9.9, 10.1.2.3"], "10.9.9.9"),
            ("127.0.0.1", &["fd00::7, 10.1.2.3"], "fd00::7"),
            // What cannot be read stops the walk.
            ("127.0.0.1", &["nonsense"], "127.0.0.1"),
            (
                "127.0.0.1",
                &["198.51.100.1, nonsense, 10.1.2.3"],
                "10.1.2.3",
            ),
            ("127.0.0.1", &["198.51.100.1,, 10.1.2.3"], "10.1.2.3"),
            ("127.0.0.1", &["198.51.100.1 10.1.2.3"], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1, \u{e9}"], "127.0.0.1"),
        ];
        for (peer, lines, wanted) in cases {
            let mut headers = HeaderMap::new();
            for line in *lines {
                let value = axum::http::HeaderValue::from_bytes(line.as_bytes()).unwrap();
                headers.append(FORWARDED_FOR, value);
            }
            headers.insert("forwarded", "for=1.2.3.4".parse().unwrap());
            headers.insert("cf-connecting-ip", "1.2.3.4".parse().unwrap());
            let found = client(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found.0.to_string(), *wanted, "{peer} {lines:?}");
        }
    }

    #[test]
    fn people_see_a_network_and_limits_count_what_one_person_has() {
        let of = |address: &str| Client(address.parse().unwrap());
        assert_eq!(of("198.51.100.77").place().to_string(), "198.51.100.0/24");
        assert_eq!(of("2001:db8:1:2::7").place().to_string(), "2001:db8:1::/48");
        assert_eq!(
            of("198.51.100.77").network().to_string(),
            "198.51.100.77/32"
        );
        assert_eq!(
            of("2001:db8:1:2::7").network(),
            of("2001:db8:1:2:ffff::1").network()
        );
        assert_ne!(
            of("2001:db8:1:2::7").network(),
            of("2001:db8:1:3::7").network()
        );
    }
}
