//! Pages of a long list: a page number in, a slice and links out.

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Paging {
    /// From 1.
    pub page: u32,
    pub total: i64,
    pub size: u32,
    /// The list's path and filter, ready for `page=` to be appended.
    pub base: String,
}

impl Paging {
    /// The page that was asked for, or the nearest that exists.
    pub fn new(asked: u32, total: i64, size: u32, base: String) -> Self {
        let paging = Self {
            page: 1,
            total,
            size,
            base,
        };
        Self {
            page: asked.clamp(1, paging.last()),
            ..paging
        }
    }

    /// The number of the last page, at least 1.
    pub fn last(&self) -> u32 {
        u32::try_from((self.total + i64::from(self.size) - 1) / i64::from(self.size))
            .unwrap_or(u32::MAX)
            .max(1)
    }

    /// How many rows come before this page.
    pub fn offset(&self) -> i64 {
        i64::from(self.page - 1) * i64::from(self.size)
    }

    /// The number of the first row on this page, from 1; 0 if there is none.
    pub fn first_row(&self) -> i64 {
        if self.total == 0 {
            0
        } else {
            self.offset() + 1
        }
    }

    /// The number of the last row on this page.
    pub fn last_row(&self) -> i64 {
        (self.offset() + i64::from(self.size)).min(self.total)
    }

    /// The link to a page.
    pub fn link(&self, page: u32) -> String {
        let sign = if self.base.contains('?') { '&' } else { '?' };
        format!("{}{sign}page={page}", self.base)
    }

    /// The link to the page before.
    pub fn previous(&self) -> Option<String> {
        (self.page > 1).then(|| self.link(self.page - 1))
    }

    /// The link to the page after.
    pub fn next(&self) -> Option<String> {
        (self.page < self.last()).then(|| self.link(self.page + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_does_not_exist_is_the_nearest() {
        let paging = |asked, total| Paging::new(asked, total, 50, "/entries".into());
        assert_eq!(
            (
                paging(0, 120).page,
                paging(9, 120).page,
                paging(1, 0).last()
            ),
            (1, 3, 1)
        );
        assert_eq!(
            (paging(3, 120).first_row(), paging(3, 120).last_row()),
            (101, 120)
        );
        assert_eq!(paging(2, 120).next().as_deref(), Some("/entries?page=3"));
        assert_eq!(paging(3, 120).next(), None);
    }
}
