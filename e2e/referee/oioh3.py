#!/usr/bin/python3
"""A strict reader of OIOH3 bootstrap tokens, written from what is known of NSP's STS; lxml, xmlsec1, nothing of ours.

Reads one question a line (JSON) and answers each in one line:

  {"token": attribute value, "issuer", "audience", "holder": base64 of DER, "trusted": [base64 of DER], "now": seconds}
      -> {"accepted": bool, "fault": word, "why": text, "said": {name: value}}

The token is judged as an STS meets it: decoded, parsed, and put under wst14:ActAs of a SOAP message of others' making.
"""

import base64
import binascii
import datetime
import json
import os
import re
import subprocess
import sys
import tempfile

from lxml import etree

SAML_NS = "urn:oasis:names:tc:SAML:2.0:assertion"
SAML = "{%s}" % SAML_NS
DS = "{http://www.w3.org/2000/09/xmldsig#}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
EC = "{http://www.w3.org/2001/10/xml-exc-c14n#}"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
HOLDER_OF_KEY = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
URI = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
BPP = "{http://digst.dk/oiosaml/basic_privilege_profile}"
D = "https://data.gov.dk/model/core/"
H = "https://healthcare.data.gov.dk/model/core/"
LOA = "https://data.gov.dk/concept/core/nsis/loa"
LIMIT = 64 * 1024
LONGEST = 12 * 3600
SKEW = 180

# The attributes of the profile: what each value must look like, and whether it must be there.
# The UUID may be missing by the schema; but without it the STS finds nobody.
PROFILE = {
    D + "specVersion": (r"OIO-SAML-3\.0", True),
    H + "specVersion": (r"OIO-SAML-H-3\.0", True),
    LOA: (r"Low|Substantial|High", True),
    D + "eid/professional/cvr": (r"[0-9]{8}", True),
    D + "eid/professional/orgName": (r"(?s)\s*\S.*", True),
    D + "eid/professional/uuid/persistent": (r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", True),
    D + "eid/email": (r"[^\s@]+@[^\s@]+", False),
    D + "eid/alias": (r"(?s)\s*\S.*", False),
    D + "eid/privilegesIntermediate": (r"[A-Za-z0-9+/]+=*", False),
}
CPR = (D + "eid/cprNumber", "dk:gov:saml:attribute:CprNumberIdentifier")
FOLDER = tempfile.TemporaryDirectory()

ENVELOPE = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xs="urn:another:xs">'
    '<soap:Body><wst:RequestSecurityToken xmlns:wst="http://docs.oasis-open.org/ws-sx/ws-trust/200512" xmlns="urn:default">'
    '<wst14:ActAs xmlns:wst14="http://docs.oasis-open.org/ws-sx/ws-trust/200802"/>'
    "</wst:RequestSecurityToken></soap:Body></soap:Envelope>"
)


class Refused(Exception):
    """A token that breaks a rule: the rule's word, and what was found."""


def need(condition, fault, why=""):
    if not condition:
        raise Refused(fault, why)


def decoded(value):
    need(re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", value) is not None, "base64", "not one run of base64")
    try:
        raw = base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise Refused("base64", str(error)) from None
    need(len(raw) <= LIMIT, "size")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("encoding", "not UTF-8") from None
    need("\r" not in text and "&#13;" not in text and "&#xD;" not in text, "spacing", "a carriage return")
    need(re.search(r"<!|<\?", text) is None, "markup", "a declaration, comment or instruction")
    try:
        return raw, etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError as error:
        raise Refused("syntax", str(error)) from None


def one(parent, name, fault):
    found = parent.findall(name)
    need(len(found) == 1, fault, "%d of %s" % (len(found), name))
    return found[0]


def instant(text, fault):
    need(text is not None and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text) is not None, fault, str(text))
    return datetime.datetime.fromisoformat(text[:19] + "+00:00").timestamp()


def certificate(element, fault):
    return "".join((one(one(element, DS + "X509Data", fault), DS + "X509Certificate", fault).text or "").split())


def shape(root):
    need(root.tag == SAML + "Assertion" and root.get("Version") == "2.0", "root", root.tag)
    need(re.fullmatch(r"[A-Za-z_][\w.-]*", root.get("ID", "")) is not None, "root", "no ID")
    for element in root.iter():
        blank = [text for text in (element.text, *(child.tail for child in element)) if text and len(element)]
        need(not blank, "spacing", "text between elements")
    need(root.find(SAML + "AuthnStatement") is None, "login", "a token says nothing of a login")
    order = [child.tag for child in root]
    wanted = [SAML + "Issuer", DS + "Signature", SAML + "Subject", SAML + "Conditions", SAML + "AttributeStatement"]
    if DS + "Signature" not in order:
        raise Refused("unsigned", "")
    need(order == wanted, "order", " ".join(tag.rsplit("}", 1)[-1] for tag in order))


def signature(root, trusted):
    need(len(list(root.iter(DS + "Signature"))) == 1, "signature-form", "more than one signature")
    sign = root[1]
    info = one(sign, DS + "SignedInfo", "signature-form")
    need(one(info, DS + "CanonicalizationMethod", "signature-form").get("Algorithm") == EXCLUSIVE, "signature-form", "canonicalisation")
    need(one(info, DS + "SignatureMethod", "signature-form").get("Algorithm") == RSA_SHA256, "signature-form", "algorithm")
    reference = one(info, DS + "Reference", "signature-form")
    need(reference.get("URI") == "#" + root.get("ID"), "signature-form", "reference")
    transforms = [transform.get("Algorithm") for transform in one(reference, DS + "Transforms", "signature-form")]
    need(transforms == [ENVELOPED, EXCLUSIVE], "signature-form", "transforms")
    need(one(reference, DS + "DigestMethod", "signature-form").get("Algorithm") == SHA256, "signature-form", "digest")
    key = certificate(one(sign, DS + "KeyInfo", "signature-form"), "signature-form")
    need(verifies(root, key), "signature", "it does not verify under ActAs")
    need(key in trusted, "signer", "signed by a certificate that is not registered")


def verifies(root, key):
    """Under ActAs of a message that binds a prefix and the default namespace otherwise, by the embedded certificate."""
    envelope = etree.fromstring(ENVELOPE)
    (place,) = envelope.iter("{http://docs.oasis-open.org/ws-sx/ws-trust/200802}ActAs")
    place.append(etree.fromstring(etree.tostring(root)))
    message, pem = os.path.join(FOLDER.name, "message.xml"), os.path.join(FOLDER.name, "key.pem")
    with open(message, "wb") as file:
        file.write(etree.tostring(envelope, encoding="utf-8", xml_declaration=True))
    with open(pem, "w", encoding="ascii") as file:
        file.write("-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n" % "\n".join(re.findall(".{1,64}", key)))
    command = ["xmlsec1", "--verify", "--enabled-key-data", "key-name", "--id-attr:ID", SAML_NS + ":Assertion", "--pubkey-cert-pem", pem, message]
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def subject(root, holder):
    element = root.find(SAML + "Subject")
    name = one(element, SAML + "NameID", "name")
    need(name.get("Format") == PERSISTENT and (name.text or "").strip() != "", "name", str(name.get("Format")))
    confirmation = one(element, SAML + "SubjectConfirmation", "confirmation")
    need(confirmation.get("Method") == HOLDER_OF_KEY, "confirmation", str(confirmation.get("Method")))
    data = one(confirmation, SAML + "SubjectConfirmationData", "confirmation")
    kind = data.get(XSI + "type") or ""
    prefix, _, local = kind.rpartition(":")
    need(local == "KeyInfoConfirmationDataType" and data.nsmap.get(prefix or None) == SAML_NS, "confirmation", "xsi:type %r" % kind)
    need(set(data.attrib) == {XSI + "type"}, "confirmation", "it is no bearer's")
    need(certificate(one(data, DS + "KeyInfo", "holder"), "holder") == holder, "holder", "another certificate than the client's")
    return name.text


def conditions(root, audience, now):
    element = root.find(SAML + "Conditions")
    need(set(element.attrib) == {"NotOnOrAfter"}, "time", "only NotOnOrAfter is known to be taken: %s" % sorted(element.attrib))
    issued, end = instant(root.get("IssueInstant"), "time"), instant(element.get("NotOnOrAfter"), "time")
    need(issued <= now + SKEW, "time", "issued in the future")
    need(now < end, "time", "it is over")
    need(end - issued <= LONGEST, "lifetime", "%d seconds" % (end - issued))
    need([child.tag for child in element] == [SAML + "AudienceRestriction"], "audience", "one restriction")
    need(one(element[0], SAML + "Audience", "audience").text == audience, "audience", "another audience")


def attributes(root):
    said = {}
    for attribute in root.find(SAML + "AttributeStatement"):
        need(attribute.tag == SAML + "Attribute", "attribute", attribute.tag)
        name = attribute.get("Name")
        need(name not in CPR, "cpr", "the profile has no CPR number")
        need(name not in said, "attribute", "twice: %s" % name)
        value = one(attribute, SAML + "AttributeValue", "attribute").text or ""
        said[name] = value
        if name in PROFILE:
            need(attribute.get("NameFormat") == URI, "format", name)
    # The first that is there says what it is; without H's it would be read as OIO3.
    if said.get(H + "specVersion") != "OIO-SAML-H-3.0":
        raise Refused("spec", "read as OIO3" if said.get(D + "specVersion") == "OIO-SAML-3.0" else "no known specification")
    for name, (pattern, mandatory) in PROFILE.items():
        word = {LOA: "level", D + "specVersion": "spec"}.get(name, name.rsplit("/", 1)[-1])
        need(name in said or not mandatory, word, "missing")
        need(name not in said or re.fullmatch(pattern, said[name]) is not None, word, said.get(name, ""))
    unknown = set(said) - set(PROFILE)
    need(not unknown, "attribute", "not of the profile: %s" % sorted(unknown))
    privileges(said.get(D + "eid/privilegesIntermediate"))
    return said


def privileges(value):
    if value is None:
        return
    try:
        tree = etree.fromstring(base64.b64decode(value, validate=True), etree.XMLParser(resolve_entities=False, no_network=True))
    except (binascii.Error, etree.XMLSyntaxError) as error:
        raise Refused("privilegesIntermediate", str(error)) from None
    scopes = [group.get("Scope") for group in tree]
    good = tree.tag == BPP + "PrivilegeList" and scopes and all(group.tag == "PrivilegeGroup" for group in tree)
    need(good and all(scopes) and len(set(scopes)) == len(scopes), "privilegesIntermediate", "one group a scope")
    need(all(len(group.findall("Privilege")) > 0 for group in tree), "privilegesIntermediate", "a group without privileges")


def judge(question):
    try:
        _, root = decoded(question["token"])
        shape(root)
        signature(root, question["trusted"])
        need(root[0].text == question["issuer"], "issuer", str(root[0].text))
        name = subject(root, question["holder"])
        conditions(root, question["audience"], question["now"])
        said = attributes(root)
        return {"accepted": True, "fault": "", "why": "", "said": {**said, "NameID": name, "ID": root.get("ID")}}
    except Refused as refused:
        fault, why = refused.args
        return {"accepted": False, "fault": fault, "why": why, "said": {}}


def main():
    for line in sys.stdin:
        sys.stdout.write(json.dumps(judge(json.loads(line))) + "\n")
        sys.stdout.flush()


main()
