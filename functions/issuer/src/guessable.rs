//! Passwords that are guessed first: those of a list, and patterns that no list
//! could hold.
//!
//! Nobody is told to mix kinds of characters (OWASP ASVS 5.0, 6.2.5). What is
//! refused is what a guesser tries because others have chosen it.

use zeroize::Zeroizing;

use crate::password::PasswordRefused;

/// Whole passwords of at least eight characters that no pattern below covers, in
/// lower case, one per line.
const PASSWORDS: &str = include_str!("common_passwords.txt");

/// Words that become a password with a few digits or signs around them, in lower
/// case, one per line.
const WORDS: &str = include_str!("common_words.txt");

/// How many digits and signs around a word make no password of it.
const MAX_DECORATION: usize = 8;

/// The longest pattern whose repetition makes no password.
const MAX_PERIOD: usize = 8;

/// What lies side by side: in the alphabet, and on keyboards.
const ROWS: [&str; 23] = [
    "0123456789",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm,./",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "1qaz",
    "2wsx",
    "3edc",
    "4rfv",
    "5tgb",
    "6yhn",
    "7ujm",
    "!@#$%^&*()",
    "147258369",
    "йцукенгшщзхъ",
    "фывапролджэ",
    "ячсмитьбю",
];

/// Shapes that stand for letters. Two of them stand for two.
const SHAPES: [(&str, &str); 2] = [("013457@$!", "oieastasi"), ("013457@$!", "oleastasl")];

/// Returns why a password in lower case would be guessed first, if so.
pub(crate) fn guessable(lower: &str) -> Option<PasswordRefused> {
    let chars: Zeroizing<Vec<char>> = Zeroizing::new(lower.chars().collect());
    if is_repetition(&chars) {
        Some(PasswordRefused::Repetition)
    } else if is_in_rows(&chars) || is_in_turns(&chars) {
        Some(PasswordRefused::Sequence)
    } else if is_date(lower) {
        Some(PasswordRefused::Date)
    } else if is_common(lower) || is_decorated_word(lower, chars.len()) {
        Some(PasswordRefused::Common)
    } else {
        None
    }
}

fn is_common(lower: &str) -> bool {
    PASSWORDS.lines().any(|common| common == lower)
}

/// `password` in `P@ssw0rd2024!`.
fn is_decorated_word(lower: &str, length: usize) -> bool {
    let is_word = |text: &str| {
        let word = text.trim_matches(|character: char| !character.is_alphabetic());
        let decoration = length.saturating_sub(word.chars().count());
        decoration <= MAX_DECORATION
            && (WORDS.lines().any(|common| common == word) || (decoration > 0 && is_common(word)))
    };
    let undecorated = lower.trim_matches(|character: char| !character.is_alphabetic());
    is_word(lower)
        || SHAPES.iter().any(|(shapes, letters)| {
            let spelt = |text: &str| -> Zeroizing<String> {
                let letter = |shape| shapes.chars().position(|one| one == shape);
                let letter = |shape| letter(shape).and_then(|at| letters.chars().nth(at)).unwrap_or(shape);
                Zeroizing::new(text.chars().map(letter).collect())
            };
            is_word(&spelt(undecorated)) || is_word(&spelt(lower))
        })
}

/// `aaaaaaaa`, `abcabcabc`, `passpass`.
fn is_repetition(chars: &[char]) -> bool {
    (1..=MAX_PERIOD.min(chars.len() / 2))
        // The last of short ones may be cut off.
        .filter(|period| *period <= 4 || chars.len().is_multiple_of(*period))
        .any(|period| chars.iter().zip(chars.iter().skip(period)).all(|(one, other)| one == other))
}

/// Whether it is made of pieces of rows that are three or longer on average.
fn is_in_rows(chars: &[char]) -> bool {
    pieces(chars) * 3 <= chars.len()
}

/// `1q2w3e4r`: one row and another in turns.
fn is_in_turns(chars: &[char]) -> bool {
    let every_other = |skip| -> Zeroizing<Vec<char>> {
        Zeroizing::new(chars.iter().skip(skip).step_by(2).copied().collect())
    };
    chars.len() >= 8 && [0, 1].into_iter().all(|skip| pieces(&every_other(skip)) == 1)
}

/// How many pieces of rows, and characters that belong to none, there are.
fn pieces(chars: &[char]) -> usize {
    let mut rest = chars;
    let mut count = 0;
    while !rest.is_empty() {
        let longest = ROWS.iter().map(|row| piece(rest, row)).max().unwrap_or(1);
        // Two neighbours are in many words.
        let taken = if longest >= 3 { longest } else { 1 };
        rest = rest.get(taken..).unwrap_or_default();
        count += 1;
    }
    count
}

/// How many of the first characters lie side by side in a row, in either
/// direction.
fn piece(chars: &[char], row: &str) -> usize {
    let along = |row: &mut dyn Iterator<Item = char>| {
        chars
            .iter()
            .zip(row.skip_while(|one| Some(one) != chars.first()))
            .take_while(|(a, b)| *a == b)
            .count()
    };
    along(&mut row.chars()).max(along(&mut row.chars().rev()))
}

/// Day, month and year in any order, of the last century or this one.
fn is_date(lower: &str) -> bool {
    let parts: Vec<&str> = lower.split(['.', '-', '/', ' ']).collect();
    let parts = match *parts.as_slice() {
        [whole] if whole.len() == 8 && whole.is_ascii() => {
            let (left, right) = whole.split_at(4);
            let year_last = [left.split_at(2).0, left.split_at(2).1, right];
            let year_first = [left, right.split_at(2).0, right.split_at(2).1];
            return is_date_of(&year_last) || is_date_of(&year_first);
        }
        [one, two, three] => [one, two, three],
        _ => return false,
    };
    is_date_of(&parts)
}

fn is_date_of(parts: &[&str; 3]) -> bool {
    let number = |text: &str| -> Option<u16> {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
    };
    let year = |text: &str| number(text).is_some_and(|number| (1900..2100).contains(&number));
    let within = |text: &str, last| number(text).is_some_and(|number| (1..=last).contains(&number));
    let day_and_month =
        |a: &str, b: &str| (within(a, 31) && within(b, 12)) || (within(a, 12) && within(b, 31));
    let [first, second, third] = parts;
    (year(third) && day_and_month(first, second)) || (year(first) && day_and_month(second, third))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(passwords: &[&str], expected: Option<PasswordRefused>) {
        for password in passwords {
            assert_eq!(guessable(&password.to_lowercase()), expected, "{password}");
        }
    }

    #[test]
    fn what_others_have_chosen_is_common() {
        let common = ["correct horse battery staple", "hellokitty", "opensesame", "1q2w3e4r5t6y7u8i9o0p"];
        check(&common[..3], Some(PasswordRefused::Common));
        check(&common[3..], Some(PasswordRefused::Sequence));
    }

    #[test]
    fn a_word_with_digits_and_signs_around_it_is_common() {
        let common = [
            "Password",
            "Password1",
            "P@ssw0rd",
            "p4ssw0rd!",
            "Pa$$word2024!",
            "!!password!!",
            "Summer2026",
            "sommer2025!",
            "Welcome01",
            "adm1n12345",
            "JohnDoe#1",
            "michael1985",
            "L1verpool8",
            "latchkey2026",
            "iloveyou3000",
            "пароль12345",
            "hellokitty77",
        ];
        check(&common, Some(PasswordRefused::Common));
    }

    #[test]
    fn what_repeats_or_runs_along_a_row_is_no_password() {
        let repeated =
            ["aaaaaaaa", "12121212", "abcabcab", "13371337", "!!!!!!!!", "ßßßßßßßß", "katzfoxykatzfoxy"];
        check(&repeated, Some(PasswordRefused::Repetition));
        let rows = [
            "12345678",
            "87654321",
            "abcdefgh",
            "zyxwvuts",
            "qwertyuiop",
            "poiuytrewq",
            "asdfghjkl",
            "1234qwer",
            "abc12345",
            "qwe123asd",
            "1qaz2wsx",
            "zaq12wsx",
            "1q2w3e4r",
            "a1b2c3d4",
            "qazwsxedc",
            "йцукенгш",
            "7890qwertz",
            "147258369",
        ];
        check(&rows, Some(PasswordRefused::Sequence));
        let dates = ["19840217", "17021984", "02171984", "17.2.1984", "1984-02-17", "2/17/1984"];
        check(&dates, Some(PasswordRefused::Date));
    }

    #[test]
    fn what_is_long_enough_and_nobody_elses_is_let_through() {
        let good = [
            "a horse, a battery and a staple",
            "another long password",
            "the power of the tower",
            "tuesday gravel kettle",
            "mfk3-wq9z",
            "k7#vTq2!",
            "first underdog",
            "98123745610",
            "35.41.1984",
            "ein langer satz ohne sinn",
            "пароль без цифр",
            "x",
        ];
        check(&good, None);
    }

    #[test]
    fn the_lists_hold_each_entry_once_in_lower_case_and_no_more_than_is_needed() {
        for (list, least) in [(PASSWORDS, 8), (WORDS, 4)] {
            let lines: Vec<_> = list.lines().collect();
            assert!(lines.is_sorted() && lines.windows(2).all(|pair| pair[0] != pair[1]));
            for line in lines {
                assert!(line.chars().count() >= least && line == line.to_lowercase(), "{line}");
            }
        }
        assert!(PASSWORDS.lines().count() > 3000 && WORDS.lines().count() > 1000);
        for password in PASSWORDS.lines() {
            let chars: Vec<_> = password.chars().collect();
            assert!(!is_repetition(&chars) && !is_in_rows(&chars) && !is_date(password), "{password}");
        }
    }
}
