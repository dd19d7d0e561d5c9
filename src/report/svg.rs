//! Drawings as SVG: a canvas of lines, bars and words, whose looks are classes of one style sheet.

use super::text::escape;
use std::fmt::Write as _;

/// How the classes look, on light and on dark paper. Plain colours: many viewers of SVG files know no CSS variables.
pub(super) const STYLE: &str = include_str!("chart.css");

/// A drawing. (Writing to a string cannot fail.)
#[derive(Debug)]
pub(super) struct Svg {
    size: [f64; 2],
    /// What it shows, in words.
    label: String,
    body: String,
}

/// Where a text has its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    /// An empty drawing, in units of about a pixel; `label` says in words what it shows.
    pub(super) fn new(size: [f64; 2], label: &str) -> Self {
        Self {
            size,
            label: label.to_owned(),
            body: String::new(),
        }
    }

    pub(super) fn text(&mut self, [x, y]: [f64; 2], anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escape(text);
        let _ = writeln!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" class=\"{class}\">{text}</text>"
        );
    }

    /// A text that runs upwards from the place, or around it.
    pub(super) fn text_upwards(&mut self, [x, y]: [f64; 2], anchor: Anchor, class: &str, text: &str) {
        let _ = write!(
            self.body,
            "<g transform=\"translate({x:.1} {y:.1}) rotate(-90)\">"
        );
        self.text([0.0, 0.0], anchor, class, text);
        self.body.push_str("</g>\n");
    }

    /// A line through all points; of a single one, a dot.
    pub(super) fn line(&mut self, points: &[[f64; 2]], class: &str) {
        if let &[[x, y]] = points {
            return self.dot([x, y], 3.0, class);
        }
        let points: Vec<String> = points.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
        let points = points.join(" ");
        let _ = writeln!(self.body, "<polyline points=\"{points}\" class=\"{class}\"/>");
    }

    pub(super) fn dot(&mut self, [x, y]: [f64; 2], radius: f64, class: &str) {
        let _ = writeln!(
            self.body,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" class=\"dot {class}\"/>"
        );
    }

    /// A rectangle from its upper left corner; `opacity`, 0..=1, is that of its filling.
    pub(super) fn rectangle(&mut self, [x, y]: [f64; 2], size: [f64; 2], class: &str, opacity: f64) {
        let [width, height] = size.map(|length| length.max(0.0));
        let _ = writeln!(
            self.body,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" class=\"{class}\" \
             fill-opacity=\"{opacity:.2}\"/>"
        );
    }

    /// The drawing as a part of a page that has [`STYLE`].
    pub(super) fn inline(&self) -> String {
        let ([width, height], label) = (self.size, escape(&self.label));
        format!(
            "<svg viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"{label}\">\n{}</svg>\n",
            self.body
        )
    }

    /// The drawing as a file of its own.
    pub(super) fn file(&self) -> String {
        let ([width, height], label) = (self.size, escape(&self.label));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" role=\"img\">\n<title>{label}</title>\n<style>\n{STYLE}</style>\n\
             <rect width=\"100%\" height=\"100%\" class=\"paper\"/>\n{}</svg>\n",
            self.body
        )
    }
}
