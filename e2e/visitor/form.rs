//! Forms out of an HTML page: a small tokeniser for tags, attributes and character references.
//!
//! It never guesses at broken markup and builds no tree; comments, scripts and styles are skipped. What a browser would
//! send is in `Form::inputs`. Sending is the visitor's.

use url::Url;

/// One form of a page, ready to be changed and sent.
#[derive(Debug, Clone)]
pub struct Form {
    /// The absolute address it goes to.
    pub action: Url,
    /// `get` or `post`, in lower case.
    pub method: String,
    /// What would be sent without anyone touching the form: names and values in order, buttons aside.
    pub inputs: Vec<(String, String)>,
    /// The named buttons: names and values.
    pub buttons: Vec<(String, String)>,
}

impl Form {
    /// The first value of the field `name`.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.inputs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Fills in a field; one that isn't there is added.
    pub fn set(&mut self, name: &str, value: &str) {
        match self.inputs.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = value.to_owned(),
            None => self.inputs.push((name.to_owned(), value.to_owned())),
        }
    }

    /// The same form with a field filled in.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }
}

/// One start or end tag, and where the text behind it begins.
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
    begins: usize,
    ends: usize,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }
}

/// All forms of `html`, which came from `base`.
pub fn read(html: &str, base: &Url) -> Vec<Form> {
    let mut forms: Vec<Form> = vec![];
    let (mut inside, mut select, mut picked) = (false, None::<String>, None::<String>);
    let tags = tags(html);
    for (index, tag) in tags.iter().enumerate() {
        if tag.name == "form" {
            let action = base.join(&tag.text("action")).unwrap_or_else(|_| base.clone());
            let method = tag.get("method").unwrap_or("get").to_ascii_lowercase();
            forms.push(Form { action, method, inputs: vec![], buttons: vec![] });
            inside = true;
            continue;
        }
        let Some(form) = forms.last_mut().filter(|_| inside) else { continue };
        let enabled = tag.get("name").is_some() && tag.get("disabled").is_none();
        match tag.name.as_str() {
            "/form" => inside = false,
            "input" if enabled => add_input(form, tag),
            "button" if enabled => form.buttons.push((tag.text("name"), tag.text("value"))),
            "textarea" if enabled => {
                let end = tags.get(index + 1).map_or(html.len(), |next| next.begins);
                form.inputs.push((tag.text("name"), decode(html.get(tag.ends..end).unwrap_or_default())));
            }
            "select" if enabled => (select, picked) = (tag.get("name").map(str::to_owned), None),
            "option" if picked.is_none() || tag.get("selected").is_some() => picked = Some(tag.text("value")),
            "/select" => {
                if let (Some(name), Some(value)) = (select.take(), picked.take()) {
                    form.inputs.push((name, value));
                }
            }
            _ => {}
        }
    }
    forms
}

fn add_input(form: &mut Form, tag: &Tag) {
    let (name, value) = (tag.text("name"), tag.text("value"));
    match tag.get("type").unwrap_or("text").to_ascii_lowercase().as_str() {
        "submit" | "image" | "button" => form.buttons.push((name, value)),
        "checkbox" | "radio" if tag.get("checked").is_none() => {}
        "checkbox" | "radio" => form.inputs.push((name, tag.get("value").unwrap_or("on").to_owned())),
        "file" | "reset" => {}
        _ => form.inputs.push((name, value)),
    }
}

/// Every tag of the page, but for comments and the insides of scripts and styles.
fn tags(html: &str) -> Vec<Tag> {
    let mut found = vec![];
    let mut at = 0;
    while let Some(open) = html.get(at..).and_then(|rest| rest.find('<')).map(|offset| at + offset) {
        let rest = html.get(open..).unwrap_or_default();
        if rest.starts_with("<!--") {
            at = rest.find("-->").map_or(html.len(), |end| open + end + 3);
            continue;
        }
        if !rest.get(1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')) {
            at = open + 1;
            continue;
        }
        let tag = tag(html, open);
        at = tag.ends;
        if matches!(tag.name.as_str(), "script" | "style") {
            let close = format!("</{}", tag.name);
            let behind = html.get(at..).unwrap_or_default().to_ascii_lowercase();
            at = behind.find(&close).map_or(html.len(), |end| at + end);
        }
        found.push(tag);
    }
    found
}

/// The tag that begins at byte `open`.
fn tag(html: &str, open: usize) -> Tag {
    let mut rest = html.get(open + 1..).unwrap_or_default();
    let name = take(&mut rest, |c| c.is_whitespace() || c == '>').trim_end_matches('/').to_ascii_lowercase();
    let mut attributes: Vec<(String, String)> = vec![];
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            break;
        }
        let key = take(&mut rest, |c| c.is_whitespace() || matches!(c, '=' | '>' | '/')).to_ascii_lowercase();
        rest = rest.trim_start();
        let mut value = String::new();
        if let Some(behind) = rest.strip_prefix('=') {
            rest = behind.trim_start();
            value = match rest.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    rest = rest.get(1..).unwrap_or_default();
                    let text = take(&mut rest, |c| c == quote);
                    rest = rest.get(1..).unwrap_or_default();
                    decode(text)
                }
                _ => decode(take(&mut rest, |c| c.is_whitespace() || c == '>')),
            };
        }
        if !attributes.iter().any(|(old, _)| *old == key) {
            attributes.push((key, value));
        }
    }
    let ends = html.len() - rest.len() + usize::from(rest.starts_with('>'));
    Tag { name, attributes, begins: open, ends }
}

/// Cuts off the text before the first character for which `stop` holds.
fn take<'a>(rest: &mut &'a str, stop: impl Fn(char) -> bool) -> &'a str {
    let end = rest.find(stop).unwrap_or(rest.len());
    let (text, behind) = rest.split_at(end);
    *rest = behind;
    text
}

/// Character references to characters; one that isn't known stays as written.
pub fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let end = from.find(';').filter(|end| *end <= 10);
        match end.and_then(|end| Some((end, character(from.get(1..end)?)?))) {
            Some((end, character)) => {
                out.push(character);
                rest = from.get(end + 1..).unwrap_or_default();
            }
            None => {
                out.push('&');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(reference: &str) -> Option<char> {
    if let Some(number) = reference.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match reference {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "aelig" => 'æ',
        "oslash" => 'ø',
        "aring" => 'å',
        "AElig" => 'Æ',
        "Oslash" => 'Ø',
        "Aring" => 'Å',
        _ => return None,
    })
}

#[test]
fn a_page_gives_what_a_browser_would_send() {
    let base = Url::parse("http://localhost:1/login?flow=1").expect("url");
    let html = r#"<!-- <form action="/no"> --><script>document.write("<form>")</script>
        <form METHOD=post action="/login/password?flow=1&amp;x=2">
        <input type="hidden" name="csrf" value="a&#x2B;b&#39;&quot;&lt;&amp;amp;"/><input name=user value=''>
        <input type="checkbox" name="trust" value="1"><input type=checkbox name=agree checked>
        <textarea name="note">æ&oslash; &unknown;</textarea>
        <select name="lang"><option value="da"><option value="en" selected></select>
        <button name="go" value="1">Go</button></form><input name="outside"><form></form>"#;
    let forms = read(html, &base);
    assert_eq!(forms.len(), 2);
    let form = forms.first().expect("a form");
    assert_eq!(form.action.as_str(), "http://localhost:1/login/password?flow=1&x=2");
    assert_eq!(form.method, "post");
    let inputs: Vec<(&str, &str)> = form.inputs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let expected = [("csrf", "a+b'\"<&amp;"), ("user", ""), ("agree", "on"), ("note", "æø &unknown;"), ("lang", "en")];
    assert_eq!(inputs, expected);
    assert_eq!(form.buttons, [("go".to_owned(), "1".to_owned())]);
    assert_eq!(forms.last().expect("a form").action, base);
}
