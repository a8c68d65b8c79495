//! A device that holds one passkey, with switches for what an honest one never does.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Somebody was there; they have shown who they are; a key comes along.
const PRESENT: u8 = 1;
const VERIFIED: u8 = 4;
const WITH_KEY: u8 = 64;

#[derive(Clone)]
pub struct Device {
    key: SigningKey,
    id: [u8; 16],
    handle: String,
    /// How often it has signed. Devices that do not count say 0.
    pub counter: u32,
    /// It was unlocked.
    pub is_verified: bool,
    /// The page that its browser says it stands on.
    pub origin: String,
    /// It says whose passkey it is.
    pub names_its_user: bool,
}

impl Device {
    pub fn new(origin: &str) -> Self {
        let random = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].map(uuid::Uuid::into_bytes);
        Self {
            key: SigningKey::from_slice(&random.concat()).unwrap(),
            id: uuid::Uuid::new_v4().into_bytes(),
            handle: String::new(),
            counter: 0,
            is_verified: true,
            origin: origin.to_owned(),
            names_its_user: true,
        }
    }

    /// The same passkey under another key: what a forger has.
    pub fn forged(&self) -> Self {
        Self {
            key: Self::new(&self.origin).key,
            ..self.clone()
        }
    }

    /// Answers a question for a new passkey, or for the one that it has.
    pub fn answer(&mut self, question: &Value) -> String {
        let question = &question["publicKey"];
        let answer = match question["user"]["id"].as_str() {
            Some(handle) => {
                handle.clone_into(&mut self.handle);
                self.make(question)
            }
            None => self.show(question),
        };
        answer.to_string()
    }

    fn make(&self, question: &Value) -> Value {
        let host = question["rp"]["id"].as_str().unwrap();
        // {"fmt": "none", "attStmt": {}, "authData": …}
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        let about = self.about(host, WITH_KEY);
        object.push(about.len().try_into().unwrap());
        object.extend(about);
        self.told(&json!({
            "attestationObject": encoded(&object),
            "clientDataJSON": encoded(&self.client_data("webauthn.create", question)),
            "transports": ["internal", "of-tomorrow"],
        }))
    }

    fn show(&self, question: &Value) -> Value {
        let about = self.about(question["rpId"].as_str().unwrap(), 0);
        let client_data = self.client_data("webauthn.get", question);
        let signed = [&about[..], &Sha256::digest(&client_data)].concat();
        let signature: Signature = self.key.sign(&signed);
        let mut response = json!({
            "authenticatorData": encoded(&about),
            "clientDataJSON": encoded(&client_data),
            "signature": encoded(signature.to_der().as_bytes()),
        });
        if self.names_its_user {
            response["userHandle"] = json!(self.handle);
        }
        self.told(&response)
    }

    fn told(&self, response: &Value) -> Value {
        let id = encoded(&self.id);
        json!({"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {}})
    }

    fn client_data(&self, kind: &str, question: &Value) -> Vec<u8> {
        let data = json!({
            "type": kind,
            "challenge": question["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
        });
        data.to_string().into_bytes()
    }

    /// What the authenticator says of itself.
    fn about(&self, host: &str, with: u8) -> Vec<u8> {
        let verified = if self.is_verified { VERIFIED } else { 0 };
        let mut about = Sha256::digest(host).to_vec();
        about.push(PRESENT | verified | with);
        about.extend(self.counter.to_be_bytes());
        if with == WITH_KEY {
            about.extend([0; 16]);
            about.extend([0, 16]);
            about.extend(self.id);
            // {1: 2, 3: -7, -1: 1, -2: x, -3: y}: a point of P-256 for ECDSA with SHA-256.
            let point = self.key.verifying_key().to_sec1_point(false);
            about.extend(b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20");
            about.extend(point.x().unwrap());
            about.extend(b"\x22\x58\x20");
            about.extend(point.y().unwrap());
        }
        about
    }
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
