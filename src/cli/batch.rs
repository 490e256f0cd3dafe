//! Runs a command on several inputs. A failure ends only the work on its own input.

use std::path::{Path, PathBuf};

use super::failure::{Failure, warn};

/// Calls `work` for every input. A failure is printed at once, and the next input follows. The last
/// line counts the inputs that succeeded; `done` is the participle in it, such as "compressed".
///
/// # Errors
/// The most severe failure: damage before other errors, other errors before warnings. A closed pipe
/// ends the loop at once.
pub fn each(
    inputs: &[PathBuf],
    done: &str,
    mut work: impl FnMut(&Path) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if let [only] = inputs {
        return work(only);
    }
    let mut worst: Option<Failure> = None;
    let mut failed = 0;
    for input in inputs {
        let Err(failure) = work(input) else { continue };
        if failure.is_closed_pipe() {
            return Err(failure);
        }
        failure.report();
        failed += usize::from(!failure.is_warning());
        if worst.as_ref().is_none_or(|worst| failure.severity() > worst.severity()) {
            worst = Some(failure);
        }
    }
    if failed > 0 {
        warn(format!("{} of {} {done}; {failed} failed", inputs.len() - failed, inputs.len()));
    }
    worst.map_or(Ok(()), |worst| Err(worst.reported()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_on_and_ends_with_the_worst() {
        let run = |codes: &[u8]| {
            let inputs: Vec<PathBuf> = codes.iter().map(|code| code.to_string().into()).collect();
            let mut seen = 0;
            let result = each(&inputs, "done", |input| {
                seen += 1;
                match input.to_str() {
                    Some("0") => Ok(()),
                    Some("1") => Err(Failure::usage("x")),
                    Some("2") => Err(Failure::at(input, &cmx::Error::Truncated(7))),
                    _ => Err(Failure::warned()),
                }
            });
            assert_eq!(seen, codes.len());
            result.err().map(|failure| (failure.code, failure.is_warning()))
        };
        assert_eq!(run(&[0, 0]), None);
        assert_eq!(run(&[1, 0, 0]).unwrap().0, 1);
        assert_eq!(run(&[2, 1, 0]).unwrap().0, 2);
        assert_eq!(run(&[1, 2]).unwrap().0, 2);
        // A warning has exit code 2, as damage has, but a failure is more severe than a warning.
        assert_eq!(run(&[9, 1]).unwrap().0, 1);
        assert_eq!(run(&[9, 0]), Some((2, true)));
    }
}
