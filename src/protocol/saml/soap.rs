//! The SOAP binding (SAML bindings 3.2): one signed message in the body of a SOAP 1.1 envelope. The message is read from
//! its own letters alone; nothing of the envelope is believed, since nobody signed it.
//!
//! Nothing is sent here. The path goes on to `logout` and `courier`.

use crate::crypto::keyring::SigningKey;
use crate::crypto::xml::{MESSAGE, Reason, Tree};
use crate::crypto::xmlsign::SignError;
use crate::protocol::saml::names::ENVELOPE;
use crate::protocol::saml::wire::{Direction, Incoming, Outgoing};

/// What an envelope is sent as.
pub const MEDIA_TYPE: &str = "text/xml; charset=utf-8";
/// The `SOAPAction` of SAML messages (SAML bindings 3.2.3.2).
pub const ACTION: &str = "\"http://www.oasis-open.org/committees/security\"";

/// Signs the message and puts it into an envelope.
pub fn envelope(message: Outgoing, key: &SigningKey) -> Result<String, SignError> {
    let message = message.signed(key)?;
    Ok(format!("<soap:Envelope xmlns:soap=\"{ENVELOPE}\"><soap:Body>{message}</soap:Body></soap:Envelope>"))
}

/// Takes the one signed message out of an envelope.
pub fn open(bytes: &[u8], direction: Direction) -> Result<Incoming, Reason> {
    let tree = Tree::parse(bytes, MESSAGE)?;
    let root = tree.root();
    if !root.is(ENVELOPE, "Envelope") || !root.holds_elements_only() {
        return Err(Reason::Schema);
    }
    let parts: Vec<_> = root.children().collect();
    let body = match parts.as_slice() {
        [body] => body,
        // Nothing that a header could demand is understood here.
        [header, body] if header.is(ENVELOPE, "Header") && header.children().next().is_none() => body,
        _ => return Err(Reason::Schema),
    };
    let mut inside = body.children();
    let message = inside.next().filter(|_| body.is(ENVELOPE, "Body") && body.holds_elements_only()).ok_or(Reason::Schema)?;
    if inside.next().is_some() {
        return Err(Reason::Schema);
    }
    Incoming::enveloped(tree.alone(message, MESSAGE)?, direction)
}

/// The answer to what is no message that may be answered: a fault that says nothing of why (SOAP 1.1, 4.4).
pub fn fault() -> String {
    format!(
        "<soap:Envelope xmlns:soap=\"{ENVELOPE}\"><soap:Body><soap:Fault><faultcode>soap:Client</faultcode>\
         <faultstring>refused</faultstring></soap:Fault></soap:Body></soap:Envelope>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_envelope_with_one_message_is_opened() {
        let around = |inside: &str| format!("<s:Envelope xmlns:s=\"{ENVELOPE}\">{inside}</s:Envelope>");
        let told = |xml: &str| open(xml.as_bytes(), Direction::Request).map(|_| ()).unwrap_err();
        for (name, xml, reason) in [
            ("one message", around("<s:Body><a ID=\"_1\"/></s:Body>"), Reason::Unsigned),
            ("an empty header", around("<s:Header/><s:Body> <a/> </s:Body>"), Reason::Unsigned),
            ("no message", around("<s:Body/>"), Reason::Schema),
            ("two", around("<s:Body><a/><b/></s:Body>"), Reason::Schema),
            ("two bodies", around("<s:Body><a/></s:Body><s:Body><a/></s:Body>"), Reason::Schema),
            ("words beside it", around("<s:Body>x<a/></s:Body>"), Reason::Schema),
            ("a header", around("<s:Header><b/></s:Header><s:Body><a/></s:Body>"), Reason::Schema),
            ("no body", around("<a/>"), Reason::Schema),
            ("no envelope", "<a/>".to_owned(), Reason::Schema),
            ("SOAP 1.2", around("<s:Body><a/></s:Body>").replace(ENVELOPE, "http://www.w3.org/2003/05/soap-envelope"), Reason::Schema),
            (
                "a prefix of the envelope",
                format!("<s:Envelope xmlns:s=\"{ENVELOPE}\" xmlns:p=\"urn:p\"><s:Body><p:a/></s:Body></s:Envelope>"),
                Reason::C14n,
            ),
            ("a document type", format!("<!DOCTYPE x>{}", around("<s:Body><a/></s:Body>")), Reason::Doctype),
        ] {
            assert_eq!(told(&xml), reason, "{name}");
        }
    }
}
