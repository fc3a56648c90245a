//! How many passed, how many failed.

use std::ops::Add;

/// Of a part of the gate, or of all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Fine.
    pub passed: u32,
    /// Not.
    pub failed: u32,
}

impl Count {
    /// One that is fine.
    pub const PASSED: Self = Self {
        passed: 1,
        failed: 0,
    };
    /// One that is not.
    pub const FAILED: Self = Self {
        passed: 0,
        failed: 1,
    };

    /// With the word of the program that ran them: it may have failed without a failed test (it did not compile), and a run
    /// of no test at all is no success.
    pub fn checked(self, fine: bool) -> Self {
        if self.failed == 0 && (!fine || self.passed == 0) {
            return self + Self::FAILED;
        }
        self
    }
}

impl Add for Count {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
        }
    }
}

/// The sum of cargo's own closing lines: `test result: ok. 12 passed; 0 failed; …`.
pub fn of_cargo(text: &str) -> Count {
    text.lines()
        .filter_map(|line| line.strip_prefix("test result: "))
        .map(|line| Count {
            passed: before(line, " passed"),
            failed: before(line, " failed"),
        })
        .fold(Count::default(), Add::add)
}

fn before(line: &str, word: &str) -> u32 {
    line.split(word)
        .next()
        .and_then(|start| start.rsplit(' ').next())
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_counted() {
        let text = "running 2 tests\ntest result: ok. 12 passed; 0 failed; 0 ignored; 0 measured\n\
                    test result: FAILED. 3 passed; 1 failed; 0 ignored\n";
        assert_eq!(
            of_cargo(text),
            Count {
                passed: 15,
                failed: 1
            }
        );
    }

    #[test]
    fn no_test_is_no_success() {
        assert_eq!(Count::default().checked(true), Count::FAILED);
        assert_eq!(Count::PASSED.checked(true), Count::PASSED);
        assert_eq!(
            Count::PASSED.checked(false),
            Count {
                passed: 1,
                failed: 1
            }
        );
        assert_eq!(Count::FAILED.checked(false), Count::FAILED);
    }
}
