//! The two bindings, bytes in and bytes out: a signed redirect query, and a form posted by the browser.
//!
//! A redirect's signature is checked over the octets as they came, never over a re-encoding. What comes out is
//! `Unverified`. The path goes on to `request` and `logout`.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::{Decompress, FlushDecompress, Status, write::DeflateEncoder};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::crypto::keyring::{KeyError, PeerKey, SigningKey};
use crate::crypto::xml::{MESSAGE, Node, Reason, Tree};
use crate::crypto::xmldsig;
use crate::crypto::xmlsign::{self, SignError, Unsigned};
use crate::protocol::saml::names;

/// Bytes of a query string that are looked at.
pub const MAX_QUERY: usize = 64 * 1024;
/// Bytes of a form body that are looked at: a full message in base64, percent-encoded.
pub const MAX_FORM: usize = 1024 * 1024;
/// Bytes of a relay state that are carried back; SAML bindings 3.4.3 asks for 80.
pub const MAX_RELAY_STATE: usize = 1024;

/// How a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// In the query of a redirect.
    Redirect,
    /// In a form the browser posts.
    Post,
}

impl Binding {
    /// The URI metadata names it by.
    pub fn uri(self) -> &'static str {
        match self {
            Self::Redirect => names::REDIRECT,
            Self::Post => names::POST,
        }
    }

    /// The binding of that URI, if it is one we speak.
    pub fn from_uri(uri: &str) -> Option<Self> {
        [Self::Redirect, Self::Post].into_iter().find(|binding| binding.uri() == uri)
    }
}

/// Whether a message asks or answers: in which parameter it travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// `SAMLRequest`.
    Request,
    /// `SAMLResponse`.
    Response,
}

impl Direction {
    /// The parameter's name.
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Request => "SAMLRequest",
            Self::Response => "SAMLResponse",
        }
    }
}

/// A message taken off its binding, parsed, structurally sound, its signature still unchecked.
#[derive(Debug)]
pub struct Incoming {
    /// How it came.
    pub binding: Binding,
    /// Whether it asks or answers.
    pub direction: Direction,
    /// The relay state that came with it, to be sent back unchanged.
    pub relay_state: Option<String>,
    seal: Seal,
}

/// The signature of a message, wherever its binding keeps it.
#[derive(Debug)]
enum Seal {
    Enveloped(xmldsig::Sealed),
    Detached { tree: Tree, octets: String, algorithm: String, signature: Vec<u8> },
}

impl Incoming {
    /// A message that was taken out of a SOAP envelope. It is signed as one in a form is, inside the XML.
    pub(super) fn enveloped(tree: Tree, direction: Direction) -> Result<Self, Reason> {
        let seal = Seal::Enveloped(xmldsig::examine(tree)?);
        Ok(Self { binding: Binding::Post, direction, relay_state: None, seal })
    }

    /// The root, before its signature was checked; only for the grammars beside this room.
    pub(super) fn unproven_root(&self) -> Node<'_> {
        match &self.seal {
            Seal::Enveloped(sealed) => sealed.unproven_root(),
            Seal::Detached { tree, .. } => tree.root(),
        }
    }
}

/// A message whose sender has not been proven: shows who it claims to be from, and nothing else.
#[derive(Debug)]
pub struct Unverified<T> {
    issuer: String,
    message: T,
    incoming: Incoming,
}

impl<T> Unverified<T> {
    /// Wraps what was read from the very tree `incoming` holds; only for the grammars beside this room.
    pub(super) fn new(issuer: String, message: T, incoming: Incoming) -> Self {
        Self { issuer, message, incoming }
    }

    /// The entity ID the message claims as its sender: whose registered keys to verify with.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Gives the message out if any of `keys` signed it.
    pub fn verify(self, keys: &[PeerKey]) -> Result<Verified<T>, Reason> {
        let Incoming { binding, relay_state, seal, .. } = self.incoming;
        match seal {
            Seal::Enveloped(sealed) => {
                sealed.prove(keys)?;
            }
            Seal::Detached { octets, algorithm, signature, .. } => {
                xmldsig::verify_octets(octets.as_bytes(), &algorithm, &signature, keys)?;
            }
        }
        Ok(Verified { message: self.message, issuer: self.issuer, binding, relay_state })
    }
}

/// A message one of the sender's registered keys signed. Made only by [`Unverified::verify`].
#[derive(Debug)]
pub struct Verified<T> {
    message: T,
    issuer: String,
    binding: Binding,
    relay_state: Option<String>,
}

impl<T> Verified<T> {
    /// The sender's entity ID.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// How it came.
    pub fn binding(&self) -> Binding {
        self.binding
    }

    /// The relay state to send back unchanged.
    pub fn relay_state(&self) -> Option<&str> {
        self.relay_state.as_deref()
    }

    /// The message.
    pub fn message(&self) -> &T {
        &self.message
    }

    /// Message and relay state.
    pub fn into_parts(self) -> (T, Option<String>) {
        (self.message, self.relay_state)
    }
}

/// The parameters of a binding, as they came (still percent-encoded).
#[derive(Default)]
struct Parameters<'q> {
    request: Option<&'q str>,
    response: Option<&'q str>,
    relay_state: Option<&'q str>,
    algorithm: Option<&'q str>,
    signature: Option<&'q str>,
    encoding: Option<&'q str>,
}

impl<'q> Parameters<'q> {
    fn read(raw: &'q str) -> Result<Self, Reason> {
        let mut all = Self::default();
        for pair in raw.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // A name spelled with escapes is still that name to other readers: it counts.
            let decoded = percent_decode_str(name).decode_utf8_lossy();
            let place = match &*decoded {
                "SAMLRequest" => &mut all.request,
                "SAMLResponse" => &mut all.response,
                "RelayState" => &mut all.relay_state,
                "SigAlg" => &mut all.algorithm,
                "Signature" => &mut all.signature,
                "SAMLEncoding" => &mut all.encoding,
                _ => continue,
            };
            if place.replace(value).is_some() || decoded != name {
                return Err(Reason::DuplicateParameter);
            }
        }
        Ok(all)
    }

    fn message(&self) -> Result<(Direction, &'q str), Reason> {
        match (self.request, self.response) {
            (Some(request), None) => Ok((Direction::Request, request)),
            (None, Some(response)) => Ok((Direction::Response, response)),
            (Some(_), Some(_)) => Err(Reason::DuplicateParameter),
            (None, None) => Err(Reason::Schema),
        }
    }

    fn relay_state(&self) -> Result<Option<String>, Reason> {
        let Some(raw) = self.relay_state else { return Ok(None) };
        let text = form_text(raw).ok_or(Reason::RelayState)?;
        if text.len() > MAX_RELAY_STATE || text.contains('\0') { Err(Reason::RelayState) } else { Ok(Some(text)) }
    }
}

/// Takes a message out of a query string as the HTTP request line had it, without the `?`.
pub fn from_query(raw: &str) -> Result<Incoming, Reason> {
    if raw.len() > MAX_QUERY {
        return Err(Reason::TooLarge);
    }
    let parameters = Parameters::read(raw)?;
    let (direction, message) = parameters.message()?;
    let relay_state = parameters.relay_state()?;
    if parameters.encoding.is_some_and(|raw| form_text(raw).as_deref() != Some(names::DEFLATE)) {
        return Err(Reason::Deflate);
    }
    let (Some(raw_algorithm), Some(raw_signature)) = (parameters.algorithm, parameters.signature) else {
        return Err(Reason::Unsigned);
    };
    let algorithm = form_text(raw_algorithm).ok_or(Reason::Algorithm)?;
    xmldsig::check_algorithm(&algorithm)?;
    let signature = base64_parameter(raw_signature).ok_or(Reason::BadSignature)?;
    let xml = inflate(&base64_parameter(message).ok_or(Reason::Deflate)?)?;
    let tree = Tree::parse(&xml, MESSAGE)?;
    if xmldsig::is_signed(&tree) {
        // SAML bindings 3.4.4.1: a signature inside the message must have been taken out.
        return Err(Reason::SignatureStructure);
    }
    // SAML bindings 3.4.4.1: the octets signed are these parameters in this order, as they were sent.
    let mut octets = format!("{}={message}", direction.parameter());
    if let Some(raw) = parameters.relay_state {
        octets.push_str("&RelayState=");
        octets.push_str(raw);
    }
    octets.push_str("&SigAlg=");
    octets.push_str(raw_algorithm);
    let seal = Seal::Detached { tree, octets, algorithm, signature };
    Ok(Incoming { binding: Binding::Redirect, direction, relay_state, seal })
}

/// Takes a message out of an `application/x-www-form-urlencoded` body.
pub fn from_form(body: &[u8]) -> Result<Incoming, Reason> {
    if body.len() > MAX_FORM {
        return Err(Reason::TooLarge);
    }
    let raw = std::str::from_utf8(body).map_err(|_| Reason::Schema)?;
    let parameters = Parameters::read(raw)?;
    let (direction, message) = parameters.message()?;
    let relay_state = parameters.relay_state()?;
    let xml = base64_parameter(message).ok_or(Reason::Deflate)?;
    let seal = Seal::Enveloped(xmldsig::examine(Tree::parse(&xml, MESSAGE)?)?);
    Ok(Incoming { binding: Binding::Post, direction, relay_state, seal })
}

/// A response out of a form body, not yet judged: it may be signed as a whole, or only its assertion is (OIOSAML 3).
#[derive(Debug)]
pub struct Posted {
    /// The message.
    pub(super) tree: Tree,
    /// The relay state that came with it.
    pub relay_state: Option<String>,
}

/// Takes a response out of an `application/x-www-form-urlencoded` body, whoever may have signed it.
pub fn response_from_form(body: &[u8]) -> Result<Posted, Reason> {
    if body.len() > MAX_FORM {
        return Err(Reason::TooLarge);
    }
    let raw = std::str::from_utf8(body).map_err(|_| Reason::Schema)?;
    let parameters = Parameters::read(raw)?;
    let (Direction::Response, message) = parameters.message()? else { return Err(Reason::Schema) };
    let relay_state = parameters.relay_state()?;
    let xml = base64_parameter(message).ok_or(Reason::Deflate)?;
    Ok(Posted { tree: Tree::parse(&xml, MESSAGE)?, relay_state })
}

/// Decodes percent escapes and `+`; `None` if it is not UTF-8.
fn form_text(raw: &str) -> Option<String> {
    let spaced = raw.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(|text| text.into_owned())
}

/// Decodes base64 in a parameter. A `+` that was sent bare stands for itself: base64 knows no space.
fn base64_parameter(raw: &str) -> Option<Vec<u8>> {
    let decoded = percent_decode_str(raw).decode_utf8().ok()?;
    let compact: String = decoded.chars().filter(|letter| !matches!(letter, '\r' | '\n' | '\t' | ' ')).collect();
    if compact.is_empty() { None } else { BASE64.decode(compact).ok() }
}

/// Raw DEFLATE, to at most the size of a message; nothing may follow the stream.
fn inflate(bytes: &[u8]) -> Result<Vec<u8>, Reason> {
    let mut out = Vec::with_capacity((bytes.len() * 4).clamp(1024, MESSAGE.bytes + 1));
    let mut stream = Decompress::new(false);
    loop {
        let consumed = usize::try_from(stream.total_in()).unwrap_or(usize::MAX);
        let rest = bytes.get(consumed..).unwrap_or_default();
        let before = (stream.total_in(), stream.total_out());
        let status = stream.decompress_vec(rest, &mut out, FlushDecompress::None).map_err(|_| Reason::Deflate)?;
        if out.len() > MESSAGE.bytes {
            return Err(Reason::TooLarge);
        }
        match status {
            Status::StreamEnd if stream.total_in() == bytes.len() as u64 => return Ok(out),
            Status::StreamEnd => return Err(Reason::Deflate),
            _ if out.len() == out.capacity() => out.reserve((MESSAGE.bytes + 1).saturating_sub(out.len()).min(out.len().max(1024))),
            _ if before == (stream.total_in(), stream.total_out()) => return Err(Reason::Deflate),
            _ => {}
        }
    }
}

/// What of a parameter is sent as it is (RFC 3986 unreserved).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The address a browser is redirected to with `xml` in its signed query.
pub fn redirect_url(
    destination: &str,
    direction: Direction,
    xml: &str,
    relay_state: Option<&str>,
    key: &SigningKey,
) -> Result<String, KeyError> {
    let mut deflated = DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    // Writing into a Vec cannot fail; were it to, nothing is sent.
    let deflated = deflated.write_all(xml.as_bytes()).and_then(|()| deflated.finish()).map_err(|_| KeyError::Signing)?;
    let encode = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    let mut query = format!("{}={}", direction.parameter(), encode(&BASE64.encode(deflated)));
    if let Some(state) = relay_state {
        query.push_str("&RelayState=");
        query.push_str(&encode(state));
    }
    query.push_str("&SigAlg=");
    query.push_str(&encode(xmldsig::RSA_SHA256));
    let signature = encode(&xmlsign::sign_query(&query, key)?);
    // A header carries ASCII only: an address with other letters goes as RFC 3986 writes it.
    let plain = (!destination.is_ascii()).then(|| url::Url::parse(destination).ok()).flatten();
    let destination = plain.as_ref().map_or(destination, url::Url::as_str);
    let joint = if destination.contains('?') { '&' } else { '?' };
    Ok(format!("{destination}{joint}{query}&Signature={signature}"))
}

/// The fields of a form the browser posts by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostForm {
    /// Where it goes.
    pub action: String,
    /// `SAMLRequest` or `SAMLResponse`.
    pub parameter: &'static str,
    /// The message in base64.
    pub message: String,
    /// The relay state, unchanged; the page escapes it.
    pub relay_state: Option<String>,
}

/// Puts `xml` into the fields of a form for `destination`.
pub fn post_form(destination: &str, direction: Direction, xml: &str, relay_state: Option<&str>) -> PostForm {
    PostForm {
        action: destination.to_owned(),
        parameter: direction.parameter(),
        message: BASE64.encode(xml),
        relay_state: relay_state.map(str::to_owned),
    }
}

/// A message of ours that is ready to be signed for its binding.
#[derive(Debug)]
pub struct Outgoing {
    message: Unsigned,
    direction: Direction,
    destination: String,
    relay_state: Option<String>,
}

/// A message of ours on its way through the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Redirect the browser there.
    Redirect(String),
    /// Let the browser post this form.
    Post(PostForm),
}

impl Outgoing {
    /// Names where a message goes.
    pub(super) fn new(message: Unsigned, direction: Direction, destination: &str, relay_state: Option<&str>) -> Self {
        Self { message, direction, destination: destination.to_owned(), relay_state: relay_state.map(str::to_owned) }
    }

    /// Signs it inside the XML, for an envelope of its own.
    pub(super) fn signed(self, key: &SigningKey) -> Result<String, SignError> {
        self.message.sign(key)
    }

    /// Signs it: inside the XML for a form, over the query for a redirect.
    pub fn send(self, binding: Binding, key: &SigningKey) -> Result<Delivery, SignError> {
        let state = self.relay_state.as_deref();
        Ok(match binding {
            Binding::Redirect => Delivery::Redirect(redirect_url(&self.destination, self.direction, &self.message.xml, state, key)?),
            Binding::Post => Delivery::Post(post_form(&self.destination, self.direction, &self.message.sign(key)?, state)),
        })
    }
}

#[cfg(test)]
mod tests;
