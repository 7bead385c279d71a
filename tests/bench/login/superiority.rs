//! Telling two kinds of times apart.

/// The probability that a value of `left` is larger than one of `right` (the
/// Mann-Whitney statistic as a share; 0.5 where nothing tells them apart), and
/// the half width of its 95 % interval.
pub(crate) fn superiority(left: &[f64], right: &[f64]) -> (f64, f64) {
    let mut wins = 0.0;
    for l in left {
        for r in right {
            wins += match l.total_cmp(r) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    let (n, m) = (left.len() as f64, right.len() as f64);
    (wins / (n * m), 1.96 * ((n + m + 1.0) / (12.0 * n * m)).sqrt())
}
