//! Thinning of long series for drawing.
//!
//! Each bucket of neighboring points is replaced by its lowest and its highest one, in their order, so
//! that no spike is lost. Points that are not finite are left out. Ends are kept.

/// Thins `(x, y)` points, x ascending, to at most `4 + 2 · buckets`.
pub fn min_max(points: impl ExactSizeIterator<Item = [f64; 2]>, buckets: usize) -> Vec<[f64; 2]> {
    let count = points.len();
    let buckets = buckets.max(1);
    if count <= 2 * buckets {
        return points.filter(is_finite).collect();
    }
    let per_bucket = count.div_ceil(buckets);
    let mut thinned = Vec::with_capacity(2 * buckets + 4);
    let mut bucket: Option<([f64; 2], [f64; 2])> = None;
    for (index, point) in points.enumerate() {
        if index > 0 && index % per_bucket == 0 {
            flush(&mut thinned, bucket.take());
        }
        if !is_finite(&point) {
            continue;
        }
        // The first and the last point stand for themselves, so that the line spans the run.
        if index == 0 || index + 1 == count {
            flush(&mut thinned, bucket.take());
            thinned.push(point);
            continue;
        }
        bucket = Some(match bucket {
            None => (point, point),
            Some((low, high)) => {
                (if point[1] < low[1] { point } else { low }, if point[1] > high[1] { point } else { high })
            }
        });
    }
    flush(&mut thinned, bucket);
    thinned
}

fn is_finite(point: &[f64; 2]) -> bool {
    point[0].is_finite() && point[1].is_finite()
}

fn flush(thinned: &mut Vec<[f64; 2]>, bucket: Option<([f64; 2], [f64; 2])>) {
    let Some((low, high)) = bucket else { return };
    let (first, second) = if low[0] <= high[0] { (low, high) } else { (high, low) };
    thinned.push(first);
    if second[0] != first[0] {
        thinned.push(second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(count: usize) -> Vec<[f64; 2]> {
        (0..count).map(|k| [k as f64, (k as f64 * 0.37).sin()]).collect()
    }

    #[test]
    fn extremes_ends_and_order_are_kept() {
        for count in [0, 1, 2, 3, 100, 1000, 1001, 12_345] {
            for buckets in [1, 7, 300] {
                let mut points = wave(count);
                if count > 10 {
                    points[count / 3][1] = 9.0;
                    points[count / 2][1] = -9.0;
                }
                let thinned = min_max(points.iter().copied(), buckets);
                assert!(thinned.len() <= 4 + 2 * buckets.max(1) + 2 * buckets);
                assert!(thinned.windows(2).all(|w| w[0][0] < w[1][0]), "{count} in {buckets}");
                assert_eq!(thinned.first(), points.first());
                assert_eq!(thinned.last(), points.last());
                let highest = |p: &[[f64; 2]]| p.iter().map(|p| p[1]).fold(f64::MIN, f64::max);
                let lowest = |p: &[[f64; 2]]| p.iter().map(|p| p[1]).fold(f64::MAX, f64::min);
                assert_eq!(highest(&thinned), highest(&points));
                assert_eq!(lowest(&thinned), lowest(&points));
            }
        }
    }

    #[test]
    fn what_is_not_finite_is_left_out() {
        let mut points = wave(500);
        points[100][1] = f64::NAN;
        points[200][1] = f64::INFINITY;
        assert!(min_max(points.iter().copied(), 20).iter().all(is_finite));
    }
}
