#!/usr/bin/python3
"""A judge of other blood: lxml, xmlsec1 and Python's cryptography, by a policy written down anew.

Reads one question a line (JSON) and answers each in one line. Knows nothing of the code it judges. Nothing is fetched.

  {"do": "judge", "binding": "form"|"query", "message": ..., "certificate": base64 of DER}
      -> {"accepted": bool, "why": text, "fields": {...}}
  {"do": "canonical", "message": base64} -> {"xml": text or null}
  {"do": "opened", "query": text, "certificate": base64 of DER} -> {"xml": text or null}
  {"do": "attributes", "xml": text} -> {"attributes": {name: [values]}}
  {"do": "decrypt", "xml": text, "key": PEM} -> {"xml": text, "suite": [block, transport, digest, mgf]}
"""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse
import zlib

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

HERE = os.path.dirname(os.path.abspath(__file__))
os.environ["XML_CATALOG_FILES"] = os.path.join(HERE, "catalog.xml")

SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
SAMLP = "{urn:oasis:names:tc:SAML:2.0:protocol}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
XENC = "{http://www.w3.org/2001/04/xmlenc#}"
XENC11 = "{http://www.w3.org/2009/xmlenc11#}"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
LIMIT = 256 * 1024
# White space as XML has it; Python would take off more.
SPACE = " \t\r\n"

SCHEMA = etree.XMLSchema(etree.parse(os.path.join(HERE, "messages.xsd")))
FOLDER = tempfile.TemporaryDirectory()


class Refused(Exception):
    """A message that the policy does not let pass; its text says why."""


def need(condition, why):
    if not condition:
        raise Refused(why)


def parsed(raw):
    """The tree of a message that holds elements, attributes and text only."""
    need(0 < len(raw) <= LIMIT, "size")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("encoding") from None
    need("\0" not in text, "NUL")
    need(re.search(r"<!DOCTYPE|<!ENTITY|<!\[CDATA\[|<!--", text, re.I) is None, "forbidden markup")
    need(re.search(r"<\?(?!xml\s)", text) is None, "instruction")
    declared = re.match(r"\s*<\?xml[^>]*encoding\s*=\s*[\"']([^\"']*)", text)
    need(declared is None or declared.group(1).lower() == "utf-8", "declared encoding")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, strip_cdata=False, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refused("syntax: %s" % error) from None
    need(not root.getroottree().docinfo.doctype, "document type")
    ids = []
    for element in root.iter():
        need(isinstance(element.tag, str), "not an element")
        own = [value for name, value in element.attrib.items() if name.rsplit("}", 1)[-1] in ("ID", "Id", "id", "AssertionID")]
        need(len(own) <= 1, "several ids on one element")
        ids += own
    need(len(ids) == len(set(ids)), "an id twice")
    return root


def checked(root):
    """The message's own rules: schema, version, instant with a zone."""
    need(root.tag in (SAMLP + "AuthnRequest", SAMLP + "LogoutRequest"), "root")
    if root.get("IssueInstant") is not None:
        # XML Schema lets white space stand around an instant; libxml2 does not.
        root.set("IssueInstant", root.get("IssueInstant").strip(SPACE))
    if not SCHEMA.validate(root.getroottree()):
        # Addresses are compared with registered ones, letter by letter; whether libxml2 likes their form decides nothing.
        faults = [entry.message for entry in SCHEMA.error_log if entry.level_name == "ERROR" and "'xs:anyURI'" not in entry.message]
        need(not faults, "schema: %s" % "; ".join(faults))
    need(root.get("Version") == "2.0", "version")
    need(re.search(r"(Z|[+-]\d\d:\d\d)$", root.get("IssueInstant", "")) is not None, "instant without a zone")
    need(len(root) > 0 and root[0].tag == SAML + "Issuer" and root[0].text, "issuer")


def enveloped(raw, root, certificate):
    """The one signature, of the root, by the registered key: the policy first, then xmlsec1."""
    signatures = list(root.iter(DS + "Signature"))
    need(len(signatures) == 1, "%d signatures" % len(signatures))
    signature = signatures[0]
    need(len(root) > 1 and root[1] is signature, "place of the signature")
    parts = [child.tag for child in signature]
    need(parts in ([DS + "SignedInfo", DS + "SignatureValue"], [DS + "SignedInfo", DS + "SignatureValue", DS + "KeyInfo"]), "parts")
    info = signature[0]
    need([child.tag for child in info] == [DS + "CanonicalizationMethod", DS + "SignatureMethod", DS + "Reference"], "SignedInfo")
    need(info[0].get("Algorithm") == EXCLUSIVE, "canonicalisation")
    need(info[1].get("Algorithm") == RSA_SHA256 and len(info[1]) == 0, "algorithm")
    reference = info[2]
    need(reference.get("URI") == "#" + root.get("ID") and reference.get("Type") is None, "reference")
    need([child.tag for child in reference] == [DS + "Transforms", DS + "DigestMethod", DS + "DigestValue"], "parts of the reference")
    transforms = [transform.get("Algorithm") for transform in reference[0]]
    need(transforms in ([ENVELOPED], [ENVELOPED, EXCLUSIVE]), "transforms")
    need(reference[1].get("Algorithm") == SHA256, "digest")
    for hint in signature.iterfind(DS + "KeyInfo/*"):
        need(hint.tag in (DS + "KeyName", DS + "KeyValue", DS + "X509Data"), "key source")
    for carried in signature.iter(DS + "X509Certificate"):
        need("".join((carried.text or "").split()) == certificate, "another certificate")
    need(xmlsec1(raw, root.tag, certificate), "xmlsec1")


def xmlsec1(raw, tag, certificate):
    message, key = os.path.join(FOLDER.name, "message.xml"), os.path.join(FOLDER.name, "key.pem")
    with open(message, "wb") as file:
        file.write(raw)
    with open(key, "w", encoding="ascii") as file:
        lines = "\n".join(re.findall(".{1,64}", certificate))
        file.write("-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n" % lines)
    namespace, name = tag[1:].split("}")
    command = ["xmlsec1", "--verify", "--enabled-key-data", "key-name", "--id-attr:ID", namespace + ":" + name, "--pubkey-cert-pem", key, message]
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def detached(query, certificate, direction="SAMLRequest"):
    """The message of a redirect whose signature covers the octets as they came."""
    pairs = [pair.partition("=")[::2] for pair in query.split("&")]
    known = ("SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature", "SAMLEncoding")
    names = [urllib.parse.unquote_plus(name) for name, _ in pairs]
    need(all(names.count(name) <= 1 for name in known), "a parameter twice")
    values = dict(pairs)
    need(direction in values and len({"SAMLRequest", "SAMLResponse"} & set(values)) == 1, "no message")
    need("SigAlg" in values and "Signature" in values, "unsigned")
    need(urllib.parse.unquote(values["SigAlg"]) == RSA_SHA256, "algorithm")
    signed = "&".join("%s=%s" % (name, values[name]) for name in (direction, "RelayState", "SigAlg") if name in values)
    try:
        value = base64.b64decode(urllib.parse.unquote(values["Signature"]), validate=True)
        coded = base64.b64decode(urllib.parse.unquote(values[direction]), validate=True)
    except ValueError:
        raise Refused("base64") from None
    key = x509.load_der_x509_certificate(base64.b64decode(certificate)).public_key()
    try:
        key.verify(value, signed.encode("ascii"), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, UnicodeEncodeError):
        raise Refused("signature") from None
    inflater = zlib.decompressobj(-15)
    try:
        raw = inflater.decompress(coded, LIMIT + 1)
    except zlib.error:
        raise Refused("deflate") from None
    need(inflater.eof and not inflater.unused_data, "deflate")
    return raw


def text(element):
    return None if element is None else (element.text or "")


def fields(root):
    """What the message says, in the words both sides compare."""
    said = {
        "id": root.get("ID"),
        "issuer": root[0].text,
        "destination": root.get("Destination"),
    }
    if root.tag == SAMLP + "LogoutRequest":
        name = root.find(SAML + "NameID")
        need(name is not None, "no NameID")
        said["name"] = text(name)
        said["format"] = name.get("Format")
        said["sp_name_qualifier"] = name.get("SPNameQualifier")
        said["sessions"] = [text(index) for index in root.findall(SAMLP + "SessionIndex")]
        return said
    truth = lambda name: (root.get(name) or "false").strip(SPACE) in ("true", "1")
    policy = root.find(SAMLP + "NameIDPolicy")
    said["acs"] = root.get("AssertionConsumerServiceURL")
    said["force"], said["passive"] = truth("ForceAuthn"), truth("IsPassive")
    said["format"] = None if policy is None else policy.get("Format")
    said["classes"] = [text(one).strip(SPACE) for one in root.iterfind("%sRequestedAuthnContext/%sAuthnContextClassRef" % (SAMLP, SAML))]
    said["requesters"] = [text(one).strip(SPACE) for one in root.iterfind("%sScoping/%sRequesterID" % (SAMLP, SAMLP))]
    return said


def judge(question):
    try:
        certificate = question["certificate"]
        if question["binding"] == "query":
            raw = detached(question["message"], certificate)
            root = parsed(raw)
            need(next(root.iter(DS + "Signature"), None) is None, "a signature inside")
            checked(root)
        else:
            raw = base64.b64decode(question["message"])
            root = parsed(raw)
            checked(root)
            enveloped(raw, root, certificate)
        return {"accepted": True, "why": "", "fields": fields(root)}
    except Refused as why:
        return {"accepted": False, "why": str(why), "fields": None}


DIGESTS = {
    None: hashes.SHA1,
    "http://www.w3.org/2000/09/xmldsig#sha1": hashes.SHA1,
    SHA256: hashes.SHA256,
}
MASKS = {
    None: hashes.SHA1,
    "http://www.w3.org/2009/xmlenc11#mgf1sha1": hashes.SHA1,
    "http://www.w3.org/2009/xmlenc11#mgf1sha256": hashes.SHA256,
}


def decrypt(question):
    """Opens the one EncryptedAssertion of a response."""
    key = serialization.load_pem_private_key(question["key"].encode("ascii"), None)
    root = etree.fromstring(question["xml"].encode("utf-8"), etree.XMLParser(resolve_entities=False, no_network=True))
    (data,) = root.iter(XENC + "EncryptedData")
    (wrapped,) = root.iter(XENC + "EncryptedKey")
    block = data.find(XENC + "EncryptionMethod").get("Algorithm")
    method = wrapped.find(XENC + "EncryptionMethod")
    attribute = lambda name: None if method.find(name) is None else method.find(name).get("Algorithm")
    digest, mask = attribute(DS + "DigestMethod"), attribute(XENC11 + "MGF")
    value = lambda element: base64.b64decode(element.find("%sCipherData/%sCipherValue" % (XENC, XENC)).text)
    oaep = padding.OAEP(padding.MGF1(MASKS[mask]()), DIGESTS[digest](), None)
    session = key.decrypt(value(wrapped), oaep)
    coded = value(data)
    if block.endswith("-gcm"):
        plain = AESGCM(session).decrypt(coded[:12], coded[12:], None)
    else:
        opener = Cipher(algorithms.AES(session), modes.CBC(coded[:16])).decryptor()
        padded = opener.update(coded[16:]) + opener.finalize()
        plain = padded[: -padded[-1]]
    expected = {"aes128": 16, "aes256": 32}[re.search(r"aes\d+", block).group()]
    need(len(session) == expected, "length of the key")
    return {"xml": plain.decode("utf-8"), "suite": [block, method.get("Algorithm"), digest, mask]}


def attributes(question):
    """Every attribute of an assertion with its values."""
    root = etree.fromstring(question["xml"].encode("utf-8"), etree.XMLParser(resolve_entities=False, no_network=True))
    found = {}
    for attribute in root.iter(SAML + "Attribute"):
        found[attribute.get("Name")] = [text(value) for value in attribute]
    return {"attributes": found}


def canonical(question):
    """The exclusive canonical form without comments, or nothing."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(base64.b64decode(question["message"]), parser)
        return {"xml": etree.tostring(root, method="c14n", exclusive=True, with_comments=False).decode("utf-8")}
    except (etree.LxmlError, ValueError):
        return {"xml": None}


def opened(question):
    """The message of a redirect of ours, if its signature is right."""
    try:
        name = "SAMLRequest" if question["query"].startswith("SAMLRequest=") else "SAMLResponse"
        return {"xml": detached(question["query"], question["certificate"], name).decode("utf-8")}
    except Refused:
        return {"xml": None}


def main():
    deeds = {"judge": judge, "decrypt": decrypt, "attributes": attributes, "canonical": canonical, "opened": opened}
    for line in sys.stdin:
        question = json.loads(line)
        sys.stdout.write(json.dumps(deeds[question["do"]](question)) + "\n")
        sys.stdout.flush()


main()
