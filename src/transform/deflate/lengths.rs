//! Code lengths from frequencies, computed as encoders compute them.
//!
//! Optimal codes are not unique: the algorithm decides which of two equally frequent symbols gets
//! the longer code. Two algorithms cover the encoders in wide use.

/// The algorithm that computes code lengths from frequencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// zlib: a heap that orders equal weights by depth.
    #[default]
    Heap,
    /// Symbols are sorted by frequency, then by number. A rarer symbol never has a shorter code
    /// (libdeflate, miniz, 7-Zip).
    Sorted,
}

/// The code length of each symbol, at most `longest`, for symbols with these frequencies.
pub fn assign(method: Method, frequencies: &[u32], longest: usize) -> Vec<u8> {
    match method {
        Method::Heap => heap(frequencies, longest),
        Method::Sorted => sorted(frequencies, longest),
    }
}

/// Does node `a` come before node `b` in the heap?
fn before(weights: &[u32], depths: &[u8], a: usize, b: usize) -> bool {
    (weights[a], depths[a]) <= (weights[b], depths[b])
}

/// Moves the node at index `place` down a heap that starts at index 1 and has `size` nodes.
fn sift(heap: &mut [usize], size: usize, mut place: usize, weights: &[u32], depths: &[u8]) {
    let node = heap[place];
    while place * 2 <= size {
        let mut child = place * 2;
        if child < size && before(weights, depths, heap[child + 1], heap[child]) {
            child += 1;
        }
        if before(weights, depths, node, heap[child]) {
            break;
        }
        heap[place] = heap[child];
        place = child;
    }
    heap[place] = node;
}

fn heap(frequencies: &[u32], longest: usize) -> Vec<u8> {
    let symbols = frequencies.len();
    let mut weights = frequencies.to_vec();
    let mut depths = vec![0u8; symbols * 2];
    let mut heap = vec![0usize];
    heap.extend((0..symbols).filter(|&symbol| frequencies[symbol] > 0));
    let mut last = heap.last().copied().filter(|_| heap.len() > 1);
    // At least two symbols have a code.
    while heap.len() < 3 {
        let extra = match last {
            None => 0,
            Some(last) if last < 2 => last + 1,
            Some(_) => 0,
        };
        last = last.max(Some(extra));
        weights[extra] = 1;
        heap.push(extra);
    }
    let mut size = heap.len() - 1;
    (1..=size / 2).rev().for_each(|place| sift(&mut heap, size, place, &weights, &depths));
    let mut parents = vec![0usize; symbols * 2];
    // The nodes in the order in which they leave the heap.
    let mut order = Vec::with_capacity(symbols * 2);
    while size >= 2 {
        let least = heap[1];
        heap[1] = heap[size];
        size -= 1;
        sift(&mut heap, size, 1, &weights, &depths);
        let second = heap[1];
        order.extend([least, second]);
        let node = weights.len();
        weights.push(weights[least].saturating_add(weights[second]));
        depths[node] = depths[least].max(depths[second]).saturating_add(1);
        parents[least] = node;
        parents[second] = node;
        heap[1] = node;
        sift(&mut heap, size, 1, &weights, &depths);
    }
    let mut bits = vec![0usize; symbols * 2];
    let mut counts = vec![0usize; longest + 2];
    let mut over = 0isize;
    for &node in order.iter().rev() {
        let mut length = bits[parents[node]] + 1;
        if length > longest {
            length = longest;
            over += 1;
        }
        bits[node] = length;
        if node < symbols {
            counts[length] += 1;
        }
    }
    if over > 0 {
        while over > 0 {
            let mut length = longest - 1;
            while counts[length] == 0 {
                length -= 1;
            }
            counts[length] -= 1;
            counts[length + 1] += 2;
            counts[longest] -= 1;
            over -= 2;
        }
        let mut leaves = order.iter().filter(|&&node| node < symbols);
        for length in (1..=longest).rev() {
            leaves.by_ref().take(counts[length]).for_each(|&leaf| bits[leaf] = length);
        }
    }
    bits[..symbols].iter().map(|&length| length as u8).collect()
}

fn sorted(frequencies: &[u32], longest: usize) -> Vec<u8> {
    let mut used: Vec<usize> =
        (0..frequencies.len()).filter(|&symbol| frequencies[symbol] > 0).collect();
    let mut lengths = vec![0; frequencies.len()];
    if used.len() < 2 {
        used.iter().for_each(|&symbol| lengths[symbol] = 1);
        return lengths;
    }
    used.sort_by_key(|&symbol| (frequencies[symbol], symbol));
    // Leaves and inner nodes are two queues, each in the order of weights. Of equal weights the
    // leaf comes first.
    let leaves = used.len();
    let mut weights: Vec<u32> = used.iter().map(|&symbol| frequencies[symbol]).collect();
    let mut parents = vec![0usize; leaves * 2];
    let (mut leaf, mut inner) = (0, leaves);
    for node in leaves..leaves * 2 - 1 {
        let mut weight = 0u32;
        for _ in 0..2 {
            let taken = if leaf < leaves && (inner >= node || weights[leaf] <= weights[inner]) {
                &mut leaf
            } else {
                &mut inner
            };
            parents[*taken] = node;
            weight = weight.saturating_add(weights[*taken]);
            *taken += 1;
        }
        weights.push(weight);
    }
    let mut depths = vec![0usize; leaves * 2 - 1];
    let mut counts = vec![0usize; leaves.max(longest) + 1];
    for node in (0..leaves * 2 - 2).rev() {
        depths[node] = depths[parents[node]] + 1;
        if node < leaves {
            counts[depths[node]] += 1;
        }
    }
    shorten(&mut counts, longest);
    let mut next = used.iter();
    for length in (1..=longest).rev() {
        next.by_ref().take(counts[length]).for_each(|&symbol| lengths[symbol] = length as u8);
    }
    lengths
}

/// Changes the numbers of codes of each length, so that they make a complete code of at most
/// `longest` bits.
fn shorten(counts: &mut [usize], longest: usize) {
    let over: usize = counts[longest + 1..].iter().sum();
    if over == 0 {
        return;
    }
    counts[longest] += over;
    let mut total: usize = (1..=longest).map(|length| counts[length] << (longest - length)).sum();
    while total > 1 << longest {
        let Some(length) = (1..longest).rev().find(|&length| counts[length] > 0) else { return };
        counts[longest] -= 1;
        counts[length] -= 1;
        counts[length + 1] += 2;
        total -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kraft(lengths: &[u8]) -> u32 {
        lengths.iter().filter(|&&length| length > 0).map(|&length| 1 << (15 - length)).sum()
    }

    #[test]
    fn codes_are_complete_within_the_limit() {
        // Fibonacci numbers as frequencies give the deepest trees.
        let mut steep = vec![1u32, 1];
        while steep.len() < 40 {
            steep.push(steep[steep.len() - 1] + steep[steep.len() - 2]);
        }
        let flat: Vec<u32> = (0..286).map(|n| n * 7919 % 101).collect();
        for method in [Method::Heap, Method::Sorted] {
            for frequencies in [&steep, &flat] {
                let lengths = assign(method, frequencies, 15);
                assert_eq!(kraft(&lengths), 1 << 15, "{method:?}");
                assert!(
                    lengths.iter().zip(frequencies).all(|(&length, &frequency)| (length > 0)
                        == (frequency > 0)
                        && length <= 15)
                );
            }
            assert_eq!(kraft(&assign(method, &steep[..19], 7)), 1 << 15);
        }
    }

    #[test]
    fn few_symbols() {
        assert_eq!(assign(Method::Heap, &[0, 0, 0], 15), [1, 1, 0]);
        assert_eq!(assign(Method::Heap, &[5, 0, 0], 15), [1, 1, 0]);
        assert_eq!(assign(Method::Heap, &[0, 0, 5], 15), [1, 0, 1]);
        assert_eq!(assign(Method::Sorted, &[0, 5, 0], 15), [0, 1, 0]);
        assert_eq!(assign(Method::Sorted, &[0, 0, 0], 15), [0, 0, 0]);
    }
}
