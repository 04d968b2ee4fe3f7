//! Signature wrapping (XSW): eight shapes by which a signed message travels along while another is to be acted upon, each
//! at three positions. The signatures stay right for a verifier that only follows the Reference.

use crate::{
    actors::KeyPair,
    forge::{DSIG, Draft, ENVELOPED, swap},
};

/// Where in the message to be acted upon the foreign part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Before the Issuer.
    First,
    /// Where a signature belongs.
    AfterIssuer,
    /// As the last child.
    Last,
}

/// One wrapped message.
#[derive(Debug)]
pub struct Wrapped {
    /// Shape and position.
    pub name: String,
    /// The message.
    pub xml: String,
    /// The reason it is to be refused with.
    pub reason: &'static str,
}

/// All shapes of one pair of messages. `evil` is not signed, `original` is.
pub fn all(evil: &Draft, original: &Draft, signer: &KeyPair) -> Vec<Wrapped> {
    let positions = [Position::First, Position::AfterIssuer, Position::Last];
    (1..=8).flat_map(|shape| positions.map(|position| wrap(shape, position, evil, original, signer))).collect()
}

fn wrap(shape: u8, position: Position, evil: &Draft, original: &Draft, signer: &KeyPair) -> Wrapped {
    let bare = original.bare();
    let enveloped = original.signature(signer);
    // Where the original is inside the signature, the enveloped transform would take it away with it.
    let transform = format!("<ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform>");
    let around = |inside: &str| {
        let signature = original.signature_by(signer, |info| swap(info, &transform, ""));
        swap(&signature, "</ds:Signature>", &format!("{inside}</ds:Signature>"))
    };
    let extensions = |inside: &str| format!("<samlp:Extensions>{inside}</samlp:Extensions>");
    let xml = match shape {
        1 => put(evil, position, &around(&bare)),
        2 => put(evil, position, &format!("{bare}{enveloped}")),
        3 => put(evil, position, &original.signed(signer)),
        4 => put(evil, position, &format!("{enveloped}{bare}")),
        5 => put(&append(evil, &extensions(&bare)), position, &enveloped),
        6 => match position {
            Position::First => format!("<wrapper>{}{}</wrapper>", original.signed(signer), evil.bare()),
            Position::AfterIssuer => format!("<wrapper>{}{}</wrapper>", evil.bare(), original.signed(signer)),
            Position::Last => format!("<wrapper>{}<inner>{}</inner></wrapper>", evil.bare(), original.signed(signer)),
        },
        7 => put(evil, position, &extensions(&original.signed(signer))),
        _ => put(evil, position, &around(&format!("<ds:Object xmlns:ds=\"{DSIG}\">{bare}</ds:Object>"))),
    };
    // Only where the one signature stands in its place, whole, does its Reference get looked at.
    let in_place = matches!(shape, 4 | 5) && position != Position::Last;
    Wrapped { name: format!("shape {shape}, {position:?}"), xml, reason: if in_place { "reference" } else { "signature_structure" } }
}

/// `message` with `part` as one of its children.
pub fn put(message: &Draft, position: Position, part: &str) -> String {
    match position {
        Position::First => swap(&message.bare(), "<saml:Issuer", &format!("{part}<saml:Issuer")),
        Position::AfterIssuer => message.enveloping(part),
        Position::Last => append(message, part).bare(),
    }
}

/// The draft with a further last child.
pub fn append(message: &Draft, part: &str) -> Draft {
    let (inside, end) = message.after.rsplit_once("</").expect("an end tag");
    Draft { after: format!("{inside}{part}</{end}"), ..message.clone() }
}
