use super::*;
use crate::numeric::PROBABILITY_ONE;
use proptest::prelude::*;

fn noise(state: &mut u32) -> u32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    *state >> 8
}

/// The variance of the weights along `direction`, which is positive in a covariance.
fn quadratic<const S: usize>(belief: &Belief<S>, direction: &[i32; S]) -> i128 {
    let mut sum = 0;
    for i in 0..S {
        for j in 0..S {
            sum += i128::from(belief.covariance[i][j])
                * i128::from(direction[i])
                * i128::from(direction[j]);
        }
    }
    sum
}

fn is_sound<const S: usize>(belief: &Belief<S>) -> bool {
    let is_symmetric =
        (0..S).all(|i| (0..i).all(|j| belief.covariance[i][j] == belief.covariance[j][i]));
    let within = belief.covariance.as_flattened().iter().all(|it| it.abs() <= COVARIANCE_LIMIT);
    let means = belief.mean.iter().all(|mean| mean.abs() <= MEAN_LIMIT);
    let variances = (0..S).all(|i| belief.covariance[i][i] > 0);
    is_symmetric && within && means && variances
}

/// Two inputs are alike but for one of them being wrong at times: the filter tells them apart.
#[test]
fn the_better_of_two_like_inputs_gets_the_weight() {
    let mut filter = Filter::<2>::new(1);
    let mut state = 1;
    for _ in 0..2000 {
        let bit = noise(&mut state) & 1;
        let said = |right: bool| if (bit == 1) == right { 2 << MIX_BITS } else { -2 << MIX_BITS };
        let worse = said(!noise(&mut state).is_multiple_of(4));
        filter.mix(&[said(!noise(&mut state).is_multiple_of(8)), worse], 0);
        filter.update(bit);
    }
    let mean = filter.rows[0].mean;
    assert!(mean[0] > mean[1] + (1 << (MEAN_BITS - 2)), "{mean:?}");
    assert!(is_sound(&filter.rows[0]));
}

/// After a million lessons a row still learns: variances neither vanish nor pass the first one.
#[test]
fn a_row_never_stops_learning() {
    let mut filter = Filter::<4>::new(1);
    let mut state = 7;
    let mut teach = |filter: &mut Filter<4>, turned: bool, times: usize| {
        for _ in 0..times {
            let bit = noise(&mut state) & 1;
            let said = if (bit == 1) != turned { 1 << MIX_BITS } else { -1 << MIX_BITS };
            let other = if noise(&mut state).is_multiple_of(3) { said } else { -said };
            filter.mix(&[said, other, said, said], 0);
            filter.update(bit);
        }
    };
    teach(&mut filter, false, 1_000_000);
    let belief = &filter.rows[0];
    assert!(is_sound(belief));
    assert!((0..4).all(|i| belief.covariance[i][i] <= VARIANCE_FIRST + (1 << PULL_BITS)));
    assert!(filter.rows[0].mean[0] > 0);
    teach(&mut filter, true, 2000);
    let sum: i32 = [0, 2, 3].iter().map(|&i| filter.rows[0].mean[i]).sum();
    assert!(sum < 0, "{sum}");
}

proptest! {
    /// Whatever comes, no number leaves its range (sums are checked where tests run), and the
    /// covariance stays one: symmetric, with no direction of negative variance to speak of.
    #[test]
    fn extreme_inputs_leave_a_covariance(
        seed in any::<u32>(),
        size in 0..4u32,
        steps in 1..3000usize,
    ) {
        let mut filter = Filter::<10>::new(2);
        let mut state = seed;
        for _ in 0..steps {
            let mut predictions = [0; 10];
            for prediction in &mut predictions {
                let drawn = noise(&mut state);
                *prediction = match size {
                    0 => if drawn & 1 == 1 { i32::MAX } else { i32::MIN },
                    1 => i32::MAX,
                    2 => (drawn as i32 & 0x1ffff) - 0x10000,
                    _ => if drawn & 15 == 0 { MIX_LIMIT } else { (drawn as i32 & 255) - 128 },
                };
            }
            let (mixed, _) = filter.mix(&predictions, noise(&mut state) as usize & 3);
            prop_assert!(mixed.abs() <= MIX_LIMIT);
            filter.update(noise(&mut state) >> 4 & 1);
        }
        for belief in &filter.rows {
            prop_assert!(is_sound(belief));
            for _ in 0..20 {
                let direction = std::array::from_fn(|_| (noise(&mut state) as i32 & 511) - 256);
                prop_assert!(quadratic(belief, &direction) > 0);
            }
        }
    }

    /// Any belief at all, not only those that lessons lead to, is learned from without overflow.
    #[test]
    fn any_belief_is_learned_from(
        means in any::<[i32; 12]>(),
        covariances in any::<[[i32; 12]; 12]>(),
        predictions in any::<[i32; 12]>(),
        bit in 0..2u32,
        probability in 1..PROBABILITY_ONE,
        lessons in 0..16u32,
    ) {
        let limited = |value: i32, limit: i32| match value & 3 {
            0 => limit,
            1 => -limit,
            _ => value % limit,
        };
        let mut filter = Filter::<12>::new(1);
        let means = means.map(|it| limited(it, MEAN_LIMIT));
        filter.rows[0].mean[..12].copy_from_slice(&means);
        for (row, covariances) in filter.rows[0].covariance.iter_mut().zip(covariances) {
            row[..12].copy_from_slice(&covariances.map(|it| limited(it, COVARIANCE_LIMIT)));
        }
        filter.rows[0].lessons = lessons;
        filter.mix(&predictions, 0);
        filter.probability = probability;
        filter.update(bit);
        let belief = &filter.rows[0];
        prop_assert!(belief.mean.iter().all(|mean| mean.abs() <= MEAN_LIMIT));
    }
}
