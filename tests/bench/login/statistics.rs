//! The few statistics that the figures rest on.

/// Returns the value below which that share of `values` lies.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index between 0 and the length"
    )]
    let index = (share * (sorted.len().saturating_sub(1)) as f64).round() as usize;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}

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
