//! Answers, and the forms in them.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response, StatusCode, header};
use http_body_util::BodyExt;
use rust_decimal::Decimal;
use scraper::{ElementRef, Html, Selector};

/// An answer.
pub struct Page {
    pub path: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Page {
    pub(super) async fn read(path: String, response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            path,
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }

    pub fn html(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn document(&self) -> Html {
        Html::parse_document(&self.html())
    }

    /// What a person reads, one space between words.
    pub fn text(&self) -> String {
        let document = self.document();
        let main = Selector::parse("main").unwrap();
        let words = |element: ElementRef| {
            let text: String = element.text().collect::<Vec<_>>().join(" ");
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        document
            .select(&main)
            .next()
            .map_or_else(|| self.html(), words)
    }

    /// An attribute of the first element that a selector finds.
    pub fn attr(&self, selector: &str, name: &str) -> String {
        self.document()
            .select(&Selector::parse(selector).unwrap())
            .find_map(|element| element.attr(name).map(str::to_owned))
            .unwrap_or_else(|| {
                panic!(
                    "{} has no {selector} with {name}: {}",
                    self.path,
                    self.text()
                )
            })
    }

    /// Where the links lead that a selector finds.
    pub fn links(&self, selector: &str) -> Vec<String> {
        self.document()
            .select(&Selector::parse(selector).unwrap())
            .filter_map(|element| element.attr("href").map(str::to_owned))
            .collect()
    }

    /// The text of every element that a selector finds, as it would be copied: nothing is put between its parts.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        self.document()
            .select(&Selector::parse(selector).unwrap())
            .map(|element| element.text().collect::<String>().trim().to_owned())
            .collect()
    }

    pub fn has(&self, selector: &str) -> bool {
        self.count(selector) > 0
    }

    pub fn count(&self, selector: &str) -> usize {
        self.document()
            .select(&Selector::parse(selector).unwrap())
            .count()
    }

    /// An exact figure of the page.
    pub fn figure(&self, name: &str) -> String {
        let value = self.attr(&format!("[data-figure={name}]"), "data-value");
        let value: Decimal = value.parse().unwrap();
        value.normalize().to_string()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The answer sends the browser to this path.
    #[track_caller]
    pub fn leads_to(&self, path: &str) {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text());
        assert_eq!(self.header("location"), path);
    }

    #[track_caller]
    pub fn is(&self, status: u16) {
        assert_eq!(
            self.status.as_u16(),
            status,
            "{}: {}",
            self.path,
            self.text()
        );
    }

    /// A form of the page, as it is filled in.
    #[track_caller]
    pub fn form(&self, selector: &str) -> Form {
        let document = self.document();
        let form = document
            .select(&Selector::parse(selector).unwrap())
            .next()
            .unwrap_or_else(|| panic!("{} has no {selector}: {}", self.path, self.text()));
        let action = form
            .attr("action")
            .filter(|action| !action.is_empty())
            .unwrap_or(&self.path)
            .to_owned();
        let mut filled = Form {
            action,
            fields: Vec::new(),
            controls: Vec::new(),
        };
        let controls = Selector::parse("input, textarea, select, button[name]").unwrap();
        for control in form.select(&controls) {
            filled.read(control);
        }
        filled
    }
}

/// What a browser would send of a form.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
    /// The names of all controls, ticked or not.
    pub controls: Vec<String>,
}

impl Form {
    fn read(&mut self, control: ElementRef) {
        let Some(name) = control.attr("name").filter(|name| !name.is_empty()) else {
            return;
        };
        self.controls.push(name.to_owned());
        let kind = control.attr("type").unwrap_or_default();
        if control.attr("disabled").is_some()
            || control.value().name() == "button"
            || kind == "submit"
        {
            return;
        }
        let value = match control.value().name() {
            "textarea" => control.text().collect::<String>(),
            "select" => {
                let options = Selector::parse("option").unwrap();
                let all: Vec<ElementRef> = control.select(&options).collect();
                let chosen = all
                    .iter()
                    .find(|option| option.attr("selected").is_some())
                    .or(all.first());
                chosen
                    .map(|option| {
                        option
                            .attr("value")
                            .map_or_else(|| option.text().collect(), str::to_owned)
                    })
                    .unwrap_or_default()
            }
            _ if matches!(kind, "checkbox" | "radio") => {
                if control.attr("checked").is_none() {
                    return;
                }
                control.attr("value").unwrap_or("on").to_owned()
            }
            _ => control.attr("value").unwrap_or_default().to_owned(),
        };
        self.fields.push((name.to_owned(), value));
    }

    /// Fills in a field that the form has.
    #[track_caller]
    pub fn set(&mut self, name: &str, value: &str) {
        assert!(
            self.controls.iter().any(|control| control == name),
            "the form {} has no {name}, only {:?}",
            self.action,
            self.controls
        );
        self.put(name, value);
    }

    /// Sends a field whether the form has it or not.
    pub fn put(&mut self, name: &str, value: &str) {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    /// Ticks a box, or takes the tick away.
    #[track_caller]
    pub fn tick(&mut self, name: &str, ticked: bool) {
        self.set(name, "on");
        if !ticked {
            self.fields.retain(|(field, _)| field != name);
        }
    }

    pub fn value(&self, name: &str) -> &str {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map_or("", |(_, value)| value)
    }
}

/// The cookies that an answer sets.
pub fn set_cookies(page: &Page) -> Vec<String> {
    page.headers
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|value| value.to_str().unwrap().to_owned())
        .collect()
}
