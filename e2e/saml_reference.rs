//! References, transforms and keys (A05): exactly one Reference, to the root's id, by two known transforms, checked with a
//! registered key. Whatever else a signature asks for is refused, and nothing is fetched.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use crate::{
    actors::KeyPair,
    forge::{self, DSIG, ENVELOPED, EXCLUSIVE, swap},
    house::House,
    saml_case::{Case, Scene, Trap, controls, form, hold},
};

/// The message signed with `change` made to its SignedInfo first: the value stays right.
fn informed(scene: &Scene, name: &str, change: impl FnOnce(&str, &str) -> String, reason: &'static str) -> Case {
    let draft = scene.authn_request();
    let signature = draft.signature_by(scene.key(), |info| change(info, &draft.id));
    Case::new("A05", name, form(&draft.enveloping(&signature)), reason)
}

/// The message with `change` made to its finished signature.
fn altered(scene: &Scene, name: &str, change: impl FnOnce(&str) -> String, reason: &'static str) -> Case {
    let draft = scene.authn_request();
    let signature = change(&draft.signature(scene.key()));
    Case::new("A05", name, form(&draft.enveloping(&signature)), reason)
}

fn references(scene: &Scene, trap: &Trap) -> Vec<Case> {
    let uri = |name: &str, uri: &str| {
        let uri = uri.to_owned();
        informed(scene, name, move |info, id| swap(info, &format!("URI=\"#{id}\""), &uri.replace("ID", id)), "reference")
    };
    let mut cases = vec![
        uri("no URI", "Type=\"x\""),
        uri("an empty URI", "URI=\"\""),
        uri("a child sequence", "URI=\"#element(/1)\""),
        uri("a deeper child sequence", "URI=\"#element(/1/3)\""),
        uri("an xpointer to the id", "URI=\"#xpointer(id('ID'))\""),
        uri("an xpointer to the root", "URI=\"#xpointer(/)\""),
        uri("another id", "URI=\"#other\""),
        uri("no id", "URI=\"#\""),
        uri("the id with a space", "URI=\"#ID \""),
        uri("the id in escapes", "URI=\"#%5fmsg\""),
        uri("the id of a file", "URI=\"x.xml#ID\""),
        uri("an address", &format!("URI=\"{}/x\"", trap.url)),
        uri("a file", "URI=\"file:///etc/passwd\""),
        informed(scene, "a Type", |info, _| swap(info, " URI=", " Type=\"http://www.w3.org/2000/09/xmldsig#Object\" URI="), "reference"),
        informed(
            scene,
            "a Manifest",
            |info, _| swap(info, " URI=", " Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\" URI="),
            "reference",
        ),
        informed(
            scene,
            "no Reference",
            |info, _| {
                let (before, rest) = info.split_once("<ds:Reference").unwrap();
                format!("{before}{}", rest.split_once("</ds:Reference>").unwrap().1)
            },
            "reference",
        ),
        informed(
            scene,
            "two References to the root",
            |info, _| {
                let reference = between(info, "<ds:Reference", "</ds:Reference>");
                swap(info, &reference, &reference.repeat(2))
            },
            "reference",
        ),
        informed(
            scene,
            "a second Reference to another id",
            |info, id| {
                let reference = between(info, "<ds:Reference", "</ds:Reference>");
                swap(info, &reference, &format!("{reference}{}", reference.replace(id, "other")))
            },
            "reference",
        ),
        informed(
            scene,
            "a wrong digest",
            |info, _| {
                let value = between(info, "<ds:DigestValue>", "</ds:DigestValue>");
                swap(info, &value, &format!("<ds:DigestValue>{}</ds:DigestValue>", BASE64.encode([7; 32])))
            },
            "bad_signature",
        ),
        informed(
            scene,
            "a digest of half its length",
            |info, _| {
                let value = between(info, "<ds:DigestValue>", "</ds:DigestValue>");
                swap(info, &value, &format!("<ds:DigestValue>{}</ds:DigestValue>", BASE64.encode([7; 16])))
            },
            "bad_signature",
        ),
        informed(
            scene,
            "an empty digest",
            |info, _| swap(info, &between(info, "<ds:DigestValue>", "</ds:DigestValue>"), "<ds:DigestValue></ds:DigestValue>"),
            "bad_signature",
        ),
        informed(scene, "no digest", |info, _| swap(info, &between(info, "<ds:DigestValue>", "</ds:DigestValue>"), ""), "transform"),
        informed(
            scene,
            "two digests",
            |info, _| {
                let value = between(info, "<ds:DigestValue>", "</ds:DigestValue>");
                swap(info, &value, &value.repeat(2))
            },
            "signature_structure",
        ),
        informed(
            scene,
            "an element inside the digest",
            |info, _| swap(info, "<ds:DigestValue>", "<ds:DigestValue><ds:X></ds:X>"),
            "signature_structure",
        ),
    ];
    cases.push({
        let draft = scene.authn_request();
        let object = format!("<ds:Object xmlns:ds=\"{DSIG}\" Id=\"o\">anything</ds:Object>");
        let info = forge::signed_info("o", &openssl::sha::sha256(object.as_bytes()));
        let info = swap(&info, &format!("<ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform>"), "");
        let value = forge::sign(scene.key(), forge::info_in_scope(&info).as_bytes());
        let tail = format!("{}<ds:Object Id=\"o\">anything</ds:Object>", forge::key_info(scene.key()));
        Case::new(
            "A05",
            "a Reference to an Object",
            form(&draft.enveloping(&forge::signature_of(&info, &value, &tail))),
            "signature_structure",
        )
    });
    cases
}

fn transforms(scene: &Scene, trap: &Trap) -> Vec<Case> {
    let enveloped = format!("<ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform>");
    let exclusive = format!("<ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform>");
    let both = format!("{enveloped}{exclusive}");
    let transform = |name: &str, list: String| {
        let both = both.clone();
        informed(scene, name, move |info, _| swap(info, &both, &list), "transform")
    };
    let one = |algorithm: &str, inside: &str| format!("<ds:Transform Algorithm=\"{algorithm}\">{inside}</ds:Transform>");
    let xslt = format!(
        "<xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\"><xsl:template match=\"/\">\
         <xsl:value-of select=\"document('{}/x')\"></xsl:value-of></xsl:template></xsl:stylesheet>",
        trap.url
    );
    let mut cases = vec![
        transform(
            "XPath",
            format!("{enveloped}{}", one("http://www.w3.org/TR/1999/REC-xpath-19991116", "<ds:XPath>not(self::node())</ds:XPath>")),
        ),
        transform("XPath filter 2", format!("{enveloped}{}", one("http://www.w3.org/2002/06/xmldsig-filter2", ""))),
        transform("XSLT", format!("{enveloped}{}", one("http://www.w3.org/TR/1999/REC-xslt-19991116", ""))),
        informed(
            scene,
            "XSLT with its stylesheet",
            |info, _| {
                // Already the stylesheet's own attributes are more than a signature may have.
                swap(info, &both, &format!("{enveloped}{}", one("http://www.w3.org/TR/1999/REC-xslt-19991116", &xslt)))
            },
            "signature_structure",
        ),
        transform("base64", format!("{enveloped}{}", one("http://www.w3.org/2000/09/xmldsig#base64", ""))),
        transform("a third transform", format!("{both}{exclusive}")),
        transform("another order", format!("{exclusive}{enveloped}")),
        transform("enveloped twice", format!("{enveloped}{enveloped}")),
        transform("not enveloped", exclusive.clone()),
        transform("none in the list", String::new()),
        transform("with comments", format!("{enveloped}{}", one("http://www.w3.org/2001/10/xml-exc-c14n#WithComments", ""))),
        transform("inclusive", format!("{enveloped}{}", one("http://www.w3.org/TR/2001/REC-xml-c14n-20010315", ""))),
        transform("inclusive 1.1", format!("{enveloped}{}", one("http://www.w3.org/2006/12/xml-c14n11", ""))),
        transform("decryption", format!("{enveloped}{}", one("http://www.w3.org/2002/07/decrypt#XML", ""))),
        transform(
            "STR",
            format!(
                "{enveloped}{}",
                one("http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform", "")
            ),
        ),
        transform("something inside enveloped", format!("{}{exclusive}", one(ENVELOPED, "<ds:XPath>x</ds:XPath>"))),
        transform("something else inside exclusive", format!("{enveloped}{}", one(EXCLUSIVE, "<ds:XPath>x</ds:XPath>"))),
        informed(
            scene,
            "no list of transforms",
            |info, _| swap(info, &between(info, "<ds:Transforms>", "</ds:Transforms>"), ""),
            "transform",
        ),
    ];
    for (name, uri) in [
        ("with comments", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
        ("inclusive", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
        ("unknown", "urn:x"),
        ("empty", ""),
    ] {
        let from = format!("<ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"");
        let to = format!("<ds:CanonicalizationMethod Algorithm=\"{uri}\"");
        cases.push(informed(scene, &format!("SignedInfo canonicalised {name}"), |info, _| swap(info, &from, &to), "c14n"));
    }
    cases
}

fn keys(scene: &Scene, trap: &Trap) -> Vec<Case> {
    let (own, stranger) = (scene.key(), &forge::stranger());
    let retrieval = format!("<ds:KeyInfo><ds:RetrievalMethod URI=\"{}/key\"></ds:RetrievalMethod></ds:KeyInfo>", trap.url);
    let eleven = "http://www.w3.org/2009/xmldsig11#";
    let fetched = format!(
        "<ds:KeyInfo><dsig11:KeyInfoReference xmlns:dsig11=\"{eleven}\" URI=\"{}/key\"></dsig11:KeyInfoReference></ds:KeyInfo>",
        trap.url
    );
    let numbers = stranger.key.rsa().expect("RSA");
    let value = format!(
        "<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{}</ds:Modulus><ds:Exponent>{}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>",
        BASE64.encode(numbers.n().to_vec()),
        BASE64.encode(numbers.e().to_vec())
    );
    let by = |name: &str, signer: &KeyPair, key_info: &str, reason| {
        let draft = scene.authn_request();
        let signature = swap(&draft.signature(signer), &forge::key_info(signer), key_info);
        Case::new("A05", name, form(&draft.enveloping(&signature)), reason)
    };
    let two = forge::key_info(own)
        .replace("</ds:X509Data>", &format!("</ds:X509Data>{}", between(&forge::key_info(stranger), "<ds:X509Data>", "</ds:X509Data>")));
    vec![
        by("the stranger's certificate travels along", stranger, &forge::key_info(stranger), "key_source"),
        by("the registered certificate named, a stranger signed", stranger, &forge::key_info(own), "wrong_key"),
        by("the stranger's key value travels along", stranger, &value, "wrong_key"),
        by("both certificates named, a stranger signed", stranger, &two, "key_source"),
        by("both certificates named, the party signed", own, &two, "key_source"),
        by("a key to be fetched", stranger, &retrieval, "key_source"),
        by("a key to be fetched, the party signed", own, &retrieval, "key_source"),
        by("a KeyInfo to be fetched", own, &fetched, "key_source"),
        by(
            "an encrypted key",
            own,
            "<ds:KeyInfo><xenc:EncryptedKey xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\"></xenc:EncryptedKey></ds:KeyInfo>",
            "key_source",
        ),
        by(
            "no certificate but garbage",
            own,
            "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>!</ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
            "key_source",
        ),
    ]
}

fn structure(scene: &Scene) -> Vec<Case> {
    let info = |signature: &str| between(signature, "<ds:SignedInfo>", "</ds:SignedInfo>");
    let evil = forge::signed_info("other", &[7; 32]);
    vec![
        altered(
            scene,
            "two SignedInfo, the false one first",
            |signature| swap(signature, &info(signature), &format!("{evil}{}", info(signature))),
            "signature_structure",
        ),
        altered(
            scene,
            "two SignedInfo, the false one last",
            |signature| swap(signature, &info(signature), &format!("{}{evil}", info(signature))),
            "signature_structure",
        ),
        altered(
            scene,
            "a second SignedInfo in an Object",
            |signature| swap(signature, "</ds:Signature>", &format!("<ds:Object>{evil}</ds:Object></ds:Signature>")),
            "signature_structure",
        ),
        altered(scene, "no SignedInfo", |signature| swap(signature, &info(signature), ""), "signature_structure"),
        altered(
            scene,
            "two values",
            |signature| {
                let value = between(signature, "<ds:SignatureValue>", "</ds:SignatureValue>");
                swap(signature, &value, &value.repeat(2))
            },
            "signature_structure",
        ),
        altered(
            scene,
            "an element inside the value",
            |signature| swap(signature, "<ds:SignatureValue>", "<ds:SignatureValue><ds:X/>"),
            "signature_structure",
        ),
        altered(
            scene,
            "a comment inside DigestValue",
            |signature| swap(signature, "</ds:DigestValue>", "<!--x--></ds:DigestValue>"),
            "forbidden_node",
        ),
        altered(
            scene,
            "a comment inside SignatureValue",
            |signature| swap(signature, "</ds:SignatureValue>", "<!--x--></ds:SignatureValue>"),
            "forbidden_node",
        ),
        altered(
            scene,
            "a comment inside SignedInfo",
            |signature| swap(signature, "<ds:SignedInfo>", "<ds:SignedInfo><!--x-->"),
            "forbidden_node",
        ),
        altered(scene, "text inside SignedInfo", |signature| swap(signature, "<ds:SignedInfo>", "<ds:SignedInfo>x"), "signature_structure"),
        altered(
            scene,
            "the value is no base64",
            |signature| swap(signature, "<ds:SignatureValue>", "<ds:SignatureValue>!"),
            "bad_signature",
        ),
        altered(
            scene,
            "an algorithm with a prefix beside the right one",
            |signature| swap(signature, "<ds:SignatureMethod ", &format!("<ds:SignatureMethod xmlns:x=\"{DSIG}\" x:Algorithm=\"urn:x\" ")),
            "signature_structure",
        ),
    ]
}

fn between(text: &str, from: &str, to: &str) -> String {
    let start = text.find(from).expect("a start");
    let end = start + text[start..].find(to).expect("an end") + to.len();
    text[start..end].to_owned()
}

#[tokio::test]
async fn a05_only_the_one_reference_to_the_root_counts_and_nothing_is_fetched() {
    let scene = Scene::open(House::sqlite().await).await;
    let trap = Trap::set();
    hold(&scene, &references(&scene, &trap)).await;
    hold(&scene, &transforms(&scene, &trap)).await;
    hold(&scene, &keys(&scene, &trap)).await;
    hold(&scene, &structure(&scene)).await;
    trap.expect_untouched();
    controls(&scene).await;
}
