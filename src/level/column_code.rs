//! How the last column of a Burrows-Wheeler transform is coded.

/// How the last column of a segment is coded ([`crate::sort`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnCode {
    /// By runs.
    Runs,
    /// By runs, with more contexts.
    LongRuns,
    /// By contexts; columns of which contexts tell little by runs. Text as words is 6 to 7 % smaller than
    /// by runs, in two to three times the time: 62 of 62 such texts of `benches/unseen` are smaller.
    Contexts,
    /// By contexts and by runs, with more contexts; the smaller code counts. Tables and numbers are
    /// often larger by contexts, up to twice as large.
    Both,
}

impl ColumnCode {
    /// Whether a code says if it is one by contexts.
    #[must_use]
    pub fn has_choice(self) -> bool {
        matches!(self, ColumnCode::Contexts | ColumnCode::Both)
    }
}
