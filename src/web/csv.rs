//! Tables as CSV files (RFC 4180), safe to open in a spreadsheet.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

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

/// Rows of cells as one file.
pub fn write(rows: impl IntoIterator<Item = Vec<String>>) -> anyhow::Result<Vec<u8>> {
    let mut csv = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .flexible(true)
        .from_writer(Vec::new());
    for row in rows {
        csv.write_record(row)?;
    }
    Ok(csv.into_inner().map_err(csv::IntoInnerError::into_error)?)
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
        let file = write([
            vec!["a,b".to_owned(), "say \"hi\"".to_owned()],
            vec!["-1.50".to_owned()],
        ])
        .unwrap();
        assert_eq!(
            String::from_utf8(file).unwrap(),
            "\"a,b\",\"say \"\"hi\"\"\"\r\n-1.50\r\n"
        );
    }
}
