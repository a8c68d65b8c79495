//! Tables as CSV files (RFC 4180), safe to open in a spreadsheet, and opened right by it.

use std::io::{self, Write};

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rust_decimal::Decimal;

use crate::web::format::NumberFormat;

/// By this mark Excel knows UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// How the spreadsheets of a user's country read a table: where decimals follow a comma, or thousands an apostrophe,
/// columns are separated by semicolons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sheet {
    delimiter: u8,
    decimal: char,
}

impl From<NumberFormat> for Sheet {
    fn from(format: NumberFormat) -> Self {
        Self {
            delimiter: match format {
                NumberFormat::CommaPoint => b',',
                NumberFormat::PointComma
                | NumberFormat::SpaceComma
                | NumberFormat::ApostrophePoint => b';',
            },
            decimal: format.decimal(),
        }
    }
}

impl Sheet {
    /// A number, exact and without groups.
    pub fn number(self, number: Decimal) -> String {
        number.to_string().replace('.', &self.decimal.to_string())
    }

    /// What stands between columns and before decimals, in a sentence.
    pub fn layout(self) -> &'static str {
        match (self.delimiter, self.decimal) {
            (b',', _) => "Columns are separated by commas, and decimals follow a point.",
            (_, ',') => "Columns are separated by semicolons, and decimals follow a comma.",
            _ => "Columns are separated by semicolons, and decimals follow a point.",
        }
    }

    /// For beside a link to a file.
    pub fn words(self) -> String {
        let layout = self.layout().trim_end_matches('.');
        format!("The CSV opens in Excel. {layout}, as in your number format.")
    }

    /// Begins a file.
    pub fn begin(out: &mut impl Write) -> io::Result<()> {
        out.write_all(MARK)
    }

    /// Writes rows into a file that was begun.
    pub fn rows<W: Write>(self, out: W) -> csv::Writer<W> {
        csv::WriterBuilder::new()
            .delimiter(self.delimiter)
            .terminator(csv::Terminator::CRLF)
            .flexible(true)
            .from_writer(out)
    }

    /// Rows of cells as one file.
    pub fn write(self, rows: impl IntoIterator<Item = Vec<String>>) -> anyhow::Result<Vec<u8>> {
        let mut file = Vec::new();
        Self::begin(&mut file)?;
        let mut csv = self.rows(&mut file);
        for row in rows {
            csv.write_record(row)?;
        }
        csv.flush()?;
        drop(csv);
        Ok(file)
    }
}

/// A text cell. One that a spreadsheet would take for a formula gets an apostrophe before it.
///
/// Numbers are not given to this: a negative amount is a number and stays one.
pub fn text(cell: &str) -> String {
    let risky = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if risky {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// A file to be saved under a name of ours.
pub fn download(name: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let mut response = bytes.into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        response
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_text() {
        for cell in ["=1+1", "+49", "-5", "@name", "\tx", "＝1"] {
            assert_eq!(text(cell), format!("'{cell}"));
        }
        assert_eq!(text("Northgate = good"), "Northgate = good");
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let sheet = Sheet::from(NumberFormat::CommaPoint);
        let rows = [
            vec!["a,b".to_owned(), "say \"hi\"".to_owned()],
            vec!["-1.50".to_owned()],
        ];
        let file = sheet.write(rows).unwrap();
        assert_eq!(
            String::from_utf8(file).unwrap(),
            "\u{feff}\"a,b\",\"say \"\"hi\"\"\"\r\n-1.50\r\n"
        );
    }

    /// What a spreadsheet of that country takes for columns and for numbers.
    #[test]
    fn a_file_is_written_as_the_users_spreadsheet_reads_it() {
        for (format, line) in [
            (NumberFormat::CommaPoint, "a;b,-1234.50"),
            (NumberFormat::PointComma, "\"a;b\";-1234,50"),
            (NumberFormat::SpaceComma, "\"a;b\";-1234,50"),
            (NumberFormat::ApostrophePoint, "\"a;b\";-1234.50"),
        ] {
            let sheet = Sheet::from(format);
            let row = vec!["a;b".to_owned(), sheet.number(Decimal::new(-123_450, 2))];
            let file = String::from_utf8(sheet.write([row]).unwrap()).unwrap();
            assert_eq!(file, format!("\u{feff}{line}\r\n"));
        }
    }
}
